import type { Table } from "../table";

export const auth = {} satisfies Table;
