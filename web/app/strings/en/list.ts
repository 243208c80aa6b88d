import type { Table } from "../table";

/** list is the list of conversations, requests, the search and new conversations. */
export const list = {
  "list.new": "New conversation",
} satisfies Table;
