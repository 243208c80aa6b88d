import type { Table } from "../table";

export const settings = {} satisfies Table;
