/**
 * GFM-MIMI Markdown to a tree: GitHub Flavored Markdown without HTML, as the
 * MIMI content format has it (draft-ietf-mimi-content, section "Specifics of
 * Github Flavored Markdown in MIMI"). HTML is shown as text; an image is the link
 * that it names, never fetched; links by reference aren't read.
 *
 * Time and memory are linear in the text's length, whatever it says: containers
 * nest to maxNesting, below which markup is text.
 */

import type { Block, Inline, Item, Span } from "./ast";
import { inline } from "./inline";
import { blank, closes, fence, heading, indent, interrupts, marker, outdent, quoted, rule, underline, unquote, type Marker } from "./lines";
import { embed, type Named } from "./mentions";
import { alignment, cells } from "./table";

/** How deep quotes and lists nest. */
export const maxNesting = 8;

/** The longest text that is read as Markdown, in UTF-16 units; a longer one is one plain paragraph. */
export const maxLength = 1 << 18;

/** parse reads a text. spans are the people it mentions by place. */
export function parse(text: string, spans: readonly Span[] = []): Block[] {
  const { text: atoms, named } = embed(text, spans);
  if (text.length > maxLength) return [{ t: "paragraph", kids: [{ t: "text", text }] }];
  return new Parser(named).blocks(atoms.replace(/\r\n?/g, "\n").split("\n"), 0);
}

/** parsePlain is of a text without markup: only mentions and line ends. */
export function parsePlain(text: string): Block[] {
  const kids: Inline[] = [];
  text.split("\n").forEach((line, i) => {
    if (i > 0) kids.push({ t: "break" });
    if (line !== "") kids.push({ t: "text", text: line });
  });
  return [{ t: "paragraph", kids }];
}

class Parser {
  constructor(private readonly named: readonly Named[]) {}

  blocks(lines: string[], depth: number): Block[] {
    const out: Block[] = [];
    let i = 0;
    while (i < lines.length) {
      const line = lines[i] ?? "";
      i = blank(line) ? i + 1 : this.block(lines, i, depth, out);
    }
    return out;
  }

  /** block reads the block that begins at line i and returns the line after it. */
  private block(lines: string[], i: number, depth: number, out: Block[]): number {
    const line = lines[i] ?? "";
    if (indent(line) >= 4) return this.indented(lines, i, out);
    if (fence(line)) return this.fenced(lines, i, out);
    const head = heading(line);
    if (head) {
      out.push({ t: "heading", level: head.level, kids: this.inline(head.text) });
      return i + 1;
    }
    if (rule(line)) {
      out.push({ t: "rule" });
      return i + 1;
    }
    if (depth < maxNesting) {
      if (quoted(line)) return this.quote(lines, i, depth, out);
      const m = marker(line);
      if (m) return this.list(lines, i, m, depth, out);
    }
    return this.table(lines, i, out) || this.paragraph(lines, i, depth, out);
  }

  private inline(text: string): Inline[] {
    return inline(text.trim(), this.named);
  }

  /** literal is text in which an atom can't be a mention. */
  private literal(lines: string[]): string {
    return lines.join("\n").replace(/\uFDD0(\d+)\uFDD1/g, (_, n: string) => this.named[Number(n)]?.label ?? "\uFFFD");
  }

  private indented(lines: string[], i: number, out: Block[]): number {
    const code: string[] = [];
    for (; i < lines.length && (blank(lines[i] ?? "") || indent(lines[i] ?? "") >= 4); i++) code.push(outdent(lines[i] ?? "", 4));
    while (blank(code[code.length - 1] ?? "x")) code.pop();
    out.push({ t: "pre", text: this.literal(code) });
    return i;
  }

  private fenced(lines: string[], i: number, out: Block[]): number {
    const f = fence(lines[i] ?? "");
    const code: string[] = [];
    for (i++; i < lines.length; i++) {
      const line = lines[i] ?? "";
      if (f && closes(line, f)) break;
      code.push(outdent(line, f?.indent ?? 0));
    }
    out.push({ t: "pre", text: this.literal(code) });
    return i + 1;
  }

  /** quote takes lines with >, and those that only go on with its paragraph. */
  private quote(lines: string[], i: number, depth: number, out: Block[]): number {
    const inner: string[] = [];
    let open = false;
    for (; i < lines.length; i++) {
      const line = lines[i] ?? "";
      if (quoted(line)) {
        const text = unquote(line);
        inner.push(text);
        open = continues(text, open);
      } else if (open && !ends(line)) inner.push(lazy(line));
      else break;
    }
    out.push({ t: "quote", kids: this.blocks(inner, depth + 1) });
    return i;
  }

  private list(lines: string[], i: number, first: Marker, depth: number, out: Block[]): number {
    const items: Item[] = [];
    let loose = false;
    for (let m: Marker | null = first; m && m.kind === first.kind && m.ordered === first.ordered; ) {
      const { inner, next, gap } = item(lines, i, m);
      items.push(this.item(inner, depth));
      const more: Marker | null = next < lines.length && indent(lines[next] ?? "") < 4 ? marker(lines[next] ?? "") : null;
      loose ||= gap.within || (gap.after && more !== null && more.kind === first.kind);
      i = next;
      m = more;
    }
    out.push({ t: "list", ordered: first.ordered, start: first.start, tight: !loose, items });
    return i;
  }

  private item(inner: string[], depth: number): Item {
    const task = /^\[([ xX])\][ \t]+(?=\S)/.exec(inner[0] ?? "");
    if (task) inner[0] = (inner[0] ?? "").slice(task[0].length);
    return { done: task ? task[1] !== " " : null, kids: this.blocks(inner, depth + 1) };
  }

  /** table returns 0 where there is none. */
  private table(lines: string[], i: number, out: Block[]): number {
    const line = lines[i] ?? "";
    const align = line.includes("|") || (lines[i + 1] ?? "").includes("|") ? alignment(lines[i + 1] ?? "") : null;
    if (!align) return 0;
    const head = cells(line);
    if (head.length !== align.length) return 0;
    const rows: Inline[][][] = [];
    for (i += 2; i < lines.length && !interrupts(lines[i] ?? ""); i++) {
      const row = cells(lines[i] ?? "");
      rows.push(row.slice(0, align.length).map((c) => this.inline(c)));
    }
    out.push({ t: "table", align, head: head.map((c) => this.inline(c)), rows });
    return i;
  }

  private paragraph(lines: string[], i: number, depth: number, out: Block[]): number {
    const text = [(lines[i] ?? "").trimStart()];
    for (i++; i < lines.length; i++) {
      const line = lines[i] ?? "";
      const level = underline(line);
      if (level > 0) {
        out.push({ t: "heading", level, kids: this.inline(text.join("\n")) });
        return i + 1;
      }
      if (interrupts(line) && !(depth >= maxNesting && !blank(line))) break;
      if (alignment(lines[i + 1] ?? "") && cells(line).length === alignment(lines[i + 1] ?? "")?.length) break;
      text.push(line.trimStart());
    }
    out.push({ t: "paragraph", kids: this.inline(text.join("\n")) });
    return i;
  }
}

/** item takes the lines of an item: those that are indented, and those that only go on with its paragraph. */
function item(lines: string[], i: number, m: Marker): { inner: string[]; next: number; gap: { within: boolean; after: boolean } } {
  const inner = [m.rest];
  let open = continues(m.rest, false);
  let empty = 0;
  let within = false;
  let next = i + 1;
  for (let k = i + 1; k < lines.length; k++) {
    const line = lines[k] ?? "";
    if (blank(line)) {
      if (inner.length === 1 && blank(m.rest)) break; // an empty item ends with an empty line
      empty++;
      open = false;
      continue;
    }
    if (indent(line) < m.width && !(empty === 0 && open && !ends(line))) break;
    within ||= empty > 0;
    for (; empty > 0; empty--) inner.push("");
    const text = indent(line) >= m.width ? outdent(line, m.width) : lazy(line);
    inner.push(text);
    open = continues(text, open);
    next = k + 1;
  }
  return { inner, next: empty > 0 ? next + empty : next, gap: { within, after: empty > 0 } };
}

/** continues says whether a paragraph is open after a line within a container. */
function continues(line: string, open: boolean, depth = 0): boolean {
  if (depth > maxNesting) return true;
  if (blank(line) || heading(line) || rule(line) || fence(line)) return false;
  if (indent(line) >= 4) return open;
  const m = marker(line);
  if (m) return continues(m.rest, false, depth + 1);
  return quoted(line) ? continues(unquote(line), false, depth + 1) : true;
}

/** ends says whether a line that isn't in a container ends the paragraph that is open in it. */
function ends(line: string): boolean {
  return interrupts(line) || marker(line) !== null;
}

/** lazy keeps a line that goes on with a paragraph from being read as anything else. */
function lazy(line: string): string {
  const text = line.trimStart();
  return /^[-=]+\s*$/.test(text) ? "\\" + text : text;
}
