/** A text without its markup: for the clipboard of a reader, for names that are read aloud. */

import type { Block } from "./ast";
import { words } from "./tree";

/** plainText is a line for each line that is drawn. */
export function plainText(blocks: readonly Block[]): string {
  return blocks.map(one).join("\n");
}

function one(b: Block): string {
  switch (b.t) {
    case "paragraph":
    case "heading":
      return words(b.kids);
    case "pre":
      return b.text;
    case "quote":
      return plainText(b.kids);
    case "list":
      return b.items.map((item, i) => (b.ordered ? `${b.start + i}. ` : "• ") + plainText(item.kids)).join("\n");
    case "table":
      return [b.head, ...b.rows].map((row) => row.map(words).join(" | ")).join("\n");
    case "rule":
      return "—";
  }
}
