/** Tables, as GFM has them. */

import type { Align } from "./ast";

/** How many columns are drawn; the rest of a row is left out. */
export const maxColumns = 32;

/** cells splits a row at each | that isn't escaped. */
export function cells(line: string): string[] {
  const row = line.trim().replace(/^\|/, "");
  const out: string[] = [];
  let cell = "";
  for (let i = 0; i < row.length; i++) {
    const ch = row.charAt(i);
    if (ch === "\\" && row.charAt(i + 1) === "|") {
      cell += "|";
      i++;
    } else if (ch === "|") {
      out.push(cell.trim());
      cell = "";
    } else cell += ch;
  }
  if (cell.trim() !== "") out.push(cell.trim());
  return out;
}

/** alignment reads the row of dashes under a table's head; null: it is none. */
export function alignment(line: string): Align[] | null {
  if (!/^[ \t|:-]+$/.test(line) || !line.includes("-")) return null;
  const row = cells(line);
  if (row.length === 0 || row.length > maxColumns || !row.every((c) => /^:?-+:?$/.test(c))) return null;
  if (row.length === 1 && !line.includes("|")) return null; // that is an underline
  return row.map((c) => (c.startsWith(":") && c.endsWith(":") ? "center" : c.endsWith(":") ? "end" : c.startsWith(":") ? "start" : ""));
}
