import type { Inline } from "./ast";

/** wordsOf is what a link says, however it is set. */
export function wordsOf(kids: readonly Inline[]): string {
  return kids.map((k) => (k.t === "mention" ? k.label : "kids" in k ? wordsOf(k.kids) : "text" in k ? k.text : " ")).join("");
}
