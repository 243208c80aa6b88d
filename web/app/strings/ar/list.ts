import type { list as english } from "../en/list";
import type { Translated } from "../table";

export const list: Translated<typeof english> = {
  "list.new": "محادثة جديدة",
};
