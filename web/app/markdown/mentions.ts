/**
 * Mentions by place: the parser sees one atom in place of the words, so that
 * markup can't fall into a name, and a name can't become markup. An atom is
 * OPEN, the mention's index in digits, CLOSE: two noncharacters of Unicode, which
 * a text has no use for and which are taken out of what a peer wrote.
 */

import type { Span } from "./ast";

export const OPEN = "\uFDD0";
export const CLOSE = "\uFDD1";

export interface Named {
  account: string;
  label: string;
}

/** embed returns text with an atom for each span, and what each one stands for. A span that overlaps another, is out of bounds or splits a character is passed over. */
export function embed(text: string, spans: readonly Span[]): { text: string; named: Named[] } {
  const named: Named[] = [];
  if (spans.length === 0) return { text: clean(text), named };
  const places = utf16(text, spans);
  let out = "";
  let at = 0;
  for (const { account, from, to } of places) {
    if (from < at || to <= from) continue;
    out += clean(text.slice(at, from)) + OPEN + named.length + CLOSE;
    named.push({ account, label: text.slice(from, to) });
    at = to;
  }
  return { text: out + clean(text.slice(at)), named };
}

function clean(text: string): string {
  return text.replace(/[\uFDD0\uFDD1]/g, "\uFFFD");
}

/** utf16 gives the spans that lie on characters in units of a string, in order. */
function utf16(text: string, spans: readonly Span[]): { account: string; from: number; to: number }[] {
  const wanted = new Map<number, number>();
  for (const s of spans) wanted.set(s.start, -1).set(s.end, -1);
  let bytes = 0;
  for (let i = 0; i <= text.length; ) {
    if (wanted.has(bytes)) wanted.set(bytes, i);
    if (i === text.length) break;
    const c = text.codePointAt(i) ?? 0;
    bytes += byteLength(c);
    i += c > 0xffff ? 2 : 1;
  }
  return spans
    .map((s) => ({ account: s.account, from: wanted.get(s.start) ?? -1, to: wanted.get(s.end) ?? -1 }))
    .filter((s) => s.from >= 0 && s.to >= 0)
    .sort((a, b) => a.from - b.from);
}

/** byteLength is of a code point in UTF-8; a lone surrogate counts as U+FFFD. */
export function byteLength(c: number): number {
  return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
}

/** utf8Length is of a text in UTF-8. */
export function utf8Length(text: string): number {
  let n = 0;
  for (const ch of text) n += byteLength(ch.codePointAt(0) ?? 0);
  return n;
}
