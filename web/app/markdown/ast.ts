/** What a text says, as a tree: what the parser makes and the page draws. */

/** A piece of a line. */
export type Inline =
  | { t: "text"; text: string }
  | { t: "code"; text: string }
  | { t: "break" }
  | { t: "em" | "strong" | "del"; kids: Inline[] }
  /** href is http, https or mailto. exact: the words are the address itself. */
  | { t: "link"; href: string; exact: boolean; kids: Inline[] }
  /** account is a URI as it was written; label is how the sender called it. */
  | { t: "mention"; account: string; label: string };

export type Align = "start" | "center" | "end" | "";

/** A piece of a text. */
export type Block =
  | { t: "paragraph"; kids: Inline[] }
  | { t: "heading"; level: number; kids: Inline[] }
  | { t: "pre"; text: string }
  | { t: "quote"; kids: Block[] }
  | { t: "list"; ordered: boolean; start: number; tight: boolean; items: Item[] }
  | { t: "table"; align: Align[]; head: Inline[][]; rows: Inline[][][] }
  | { t: "rule" };

/** An item of a list. done: of a task list, else null. */
export interface Item {
  done: boolean | null;
  kids: Block[];
}

/** A person named in a text: the bytes from start to end of its UTF-8. */
export interface Span {
  account: string;
  start: number;
  end: number;
}
