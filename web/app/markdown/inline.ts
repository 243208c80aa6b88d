/**
 * The markup within a paragraph. The text is read once, from left to right, into
 * tokens; runs of emphasis and brackets wait on stacks until their other half
 * comes. What may be read again (the address of a link that proves to be none) is
 * paid from a budget that the text's length gives, so that no text takes more than
 * linear time.
 */

import type { Inline } from "./ast";
import { flank, Runs, type Run } from "./emphasis";
import { accountURI, bareEnd, bareStart, entity, maxURL, safeURL, sameAddress } from "./links";
import { CLOSE, OPEN, type Named } from "./mentions";
import { tree } from "./tree";

/** What a bracket has become. */
export interface Bracket {
  t: "open";
  text: string;
  href: string;
  bottom: Run | null;
  at: number; // among the brackets
}

export type Token =
  | { t: "leaf"; node: Inline }
  | { t: "close" }
  | Run
  | Bracket;

/** inline parses a paragraph, in which lines end with \n. named is what its atoms stand for. */
export function inline(text: string, named: readonly Named[]): Inline[] {
  const r = new Reader(text, named);
  r.read();
  return tree(r.tokens);
}

const escapable = /[!-/:-@[-`{-~]/;
/** Characters that mean nothing: taken together. */
const plain = /[^\\`*_~[\]!&<\nhH\uFDD0]+/y;

class Reader {
  readonly tokens: Token[] = [];
  private readonly runs = new Runs();
  private readonly brackets: Bracket[] = [];
  private inactive = 0; // brackets below this one can't become links: no link is within another
  private i = 0;
  private budget: number;
  private ticks: Map<number, number[]> | null = null;

  constructor(
    private readonly text: string,
    private readonly named: readonly Named[],
  ) {
    this.budget = 64 * (text.length + maxURL);
  }

  read(): void {
    while (this.i < this.text.length) {
      plain.lastIndex = this.i;
      const m = plain.exec(this.text);
      if (m) {
        this.put(m[0], m[0].length);
        continue;
      }
      this.special(this.text.charAt(this.i));
    }
    this.runs.match(null);
  }

  private special(ch: string): void {
    switch (ch) {
      case "\n": return this.lineEnd();
      case "\\": return this.backslash();
      case "`": return this.code();
      case "*": case "_": case "~": return this.run(ch);
      case "[": return this.open("[");
      case "!": return this.text.startsWith("![", this.i) ? this.open("![") : this.put("!", 1);
      case "]": return this.close();
      case "<": return this.angle();
      case "&": return this.reference();
      case OPEN: return this.mention();
      default: return this.bare(ch);
    }
  }

  private put(text: string, length: number): void {
    const last = this.tokens[this.tokens.length - 1];
    if (last?.t === "leaf" && last.node.t === "text") last.node.text += text;
    else this.tokens.push({ t: "leaf", node: { t: "text", text } });
    this.i += length;
  }

  private leaf(node: Inline, length: number): void {
    this.tokens.push({ t: "leaf", node });
    this.i += length;
  }

  /** A person who presses Enter means a new line: so is each line's end drawn, which CommonMark leaves to us. */
  private lineEnd(): void {
    const last = this.tokens[this.tokens.length - 1];
    if (last?.t === "leaf" && last.node.t === "text") last.node.text = last.node.text.replace(/[ \t]{1,64}$/, "");
    this.leaf({ t: "break" }, 1);
  }

  private backslash(): void {
    const next = this.text.charAt(this.i + 1);
    if (next === "\n") return this.leaf({ t: "break" }, 2);
    if (next !== "" && escapable.test(next)) return this.put(next, 2);
    this.put("\\", 1);
  }

  private code(): void {
    const n = this.length("`");
    const end = this.closingTicks(this.i + n, n);
    if (end < 0) return this.put("`".repeat(n), n);
    const raw = this.text.slice(this.i + n, end);
    const flat = this.words(raw.replace(/\n/g, " "));
    const padded = flat.length > 2 && flat.startsWith(" ") && flat.endsWith(" ") && flat.trim() !== "";
    this.leaf({ t: "code", text: padded ? flat.slice(1, -1) : flat }, end + n - this.i);
  }

  /** closingTicks finds the next run of exactly n backticks from i on. All runs are looked up once. */
  private closingTicks(i: number, n: number): number {
    if (!this.ticks) {
      this.ticks = new Map();
      for (const m of this.text.matchAll(/`+/g)) {
        const of = this.ticks.get(m[0].length);
        if (of) of.push(m.index);
        else this.ticks.set(m[0].length, [m.index]);
      }
      for (const of of this.ticks.values()) of.reverse();
    }
    const of = this.ticks.get(n);
    while (of && of.length > 0 && (of[of.length - 1] ?? 0) < i) of.pop();
    return of?.[of.length - 1] ?? -1;
  }

  private length(ch: string): number {
    let end = this.i;
    while (this.text.charAt(end) === ch) end++;
    return end - this.i;
  }

  private run(ch: string): void {
    const n = this.length(ch);
    const run = flank(ch, n, before(this.text, this.i), after(this.text, this.i + n));
    this.i += n;
    this.tokens.push(run);
    if (run.opens || run.closes) this.runs.push(run);
  }

  private open(text: string): void {
    const bracket: Bracket = { t: "open", text, href: "", bottom: this.runs.last, at: this.brackets.length };
    this.tokens.push(bracket);
    this.brackets.push(bracket);
    this.i += text.length;
  }

  private close(): void {
    const bracket = this.brackets.pop();
    const target = bracket && bracket.at >= this.inactive ? this.target(this.i + 1) : null;
    this.inactive = Math.min(this.inactive, this.brackets.length);
    if (!bracket || !target || target.href === "") return this.put("]", 1); // what isn't followed is shown as it was written
    this.runs.match(bracket.bottom);
    bracket.href = target.href;
    this.tokens.push({ t: "close" });
    this.inactive = this.brackets.length;
    this.i = target.end;
  }

  /** target reads (address "title") at i. */
  private target(i: number): { href: string; end: number } | null {
    if (this.text.charAt(i) !== "(" || this.budget <= 0) return null;
    const rest = this.text.slice(i, i + 2 * maxURL);
    const m = /^\([ \t\n]{0,8}(?:<([^<>\n]*)>|([^\s<][^\s]*?|))(?:[ \t\n]{1,8}(?:"[^"]*"|'[^']*'))?[ \t\n]{0,8}\)/.exec(rest);
    const nested = m && m[1] === undefined ? destination(rest) : null;
    const used = m ? (nested?.length ?? m[0].length) : rest.length;
    this.budget -= used;
    if (nested) return { href: resolve(nested.raw), end: i + nested.length };
    return m ? { href: resolve(m[1] ?? m[2] ?? ""), end: i + m[0].length } : null;
  }

  private angle(): void {
    const m = this.budget > 0 ? /^<([A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[^\s<>@]{1,128}@[^\s<>@]{1,253})>/.exec(this.text.slice(this.i, this.i + maxURL)) : null;
    this.budget -= m ? m[0].length : 32;
    if (!m) return this.put("<", 1);
    const raw = m[1] ?? "";
    if (accountURI(raw)) return this.leaf({ t: "mention", account: raw, label: raw }, m[0].length);
    const href = safeURL(raw) || safeURL("mailto:" + raw);
    if (href === "") return this.put(m[0], m[0].length);
    this.leaf(address(raw, href), m[0].length);
  }

  private reference(): void {
    const e = entity(this.text, this.i);
    if (e) this.put(e.text, e.length);
    else this.put("&", 1);
  }

  private mention(): void {
    const end = this.text.indexOf(CLOSE, this.i);
    const who = this.named[Number(this.text.slice(this.i + 1, end))];
    if (end < 0 || !who) return this.put("\uFFFD", 1);
    this.leaf({ t: "mention", account: who.account, label: who.label }, end + 1 - this.i);
  }

  /** An address as people type it. GFM-MIMI has no extension for these; to show one as a link is this client's choice. Not within a link's words. */
  private bare(ch: string): void {
    if (this.budget <= 0 || !bareStart(this.text, this.i)) return this.put(ch, 1);
    const end = bareEnd(this.text, this.i);
    this.budget -= end - this.i;
    const raw = this.text.slice(this.i, end);
    const href = safeURL(raw);
    if (href === "") return this.put(ch, 1);
    this.leaf(address(raw, href), raw.length);
  }

  /** words puts names back where an atom can't be one. */
  private words(text: string): string {
    return text.replace(/\uFDD0(\d+)\uFDD1/g, (_, n: string) => this.named[Number(n)]?.label ?? "\uFFFD");
  }
}

/** address is a link whose words are the address as it was written. */
function address(raw: string, href: string): Inline {
  return { t: "link", href, exact: sameAddress(raw, href), kids: [{ t: "text", text: raw }] };
}

function resolve(raw: string): string {
  const text = raw.replace(/\\([!-/:-@[-`{-~])/g, "$1").replace(/&amp;/g, "&");
  return accountURI(text) ? text : safeURL(text);
}

/** destination reads an address with brackets in it, in pairs: (https://a.example/b_(c)). */
function destination(rest: string): { raw: string; length: number } | null {
  let depth = 0;
  let i = 1;
  while (/[ \t\n]/.test(rest.charAt(i))) i++;
  const from = i;
  for (; i < rest.length && depth <= 32; i++) {
    const ch = rest.charAt(i);
    if (ch === "\\") i++;
    else if (ch === "(") depth++;
    else if (ch === ")" && depth-- === 0) return { raw: rest.slice(from, i), length: i + 1 };
    else if (/\s/.test(ch)) return null;
  }
  return null;
}

function before(text: string, i: number): string {
  const low = text.charCodeAt(i - 1);
  return low >= 0xdc00 && low <= 0xdfff ? text.slice(i - 2, i) : text.charAt(i - 1);
}

function after(text: string, i: number): string {
  const c = text.codePointAt(i);
  return c === undefined ? "" : String.fromCodePoint(c);
}
