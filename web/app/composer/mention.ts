/** Mentions in a text that is being written. Pure. */

import type { Mention } from "../../lib/core";
import { byteLength } from "../markdown/mentions";

/** Somebody whom a text may mention. */
export interface Candidate {
  account: string;
  display: string;
  name: string;
}

/** mentionBefore finds the "@name" that is being typed before a caret: where it begins and what follows the @, or null. */
export function mentionBefore(text: string, caret: number): { start: number; name: string } | null {
  const from = Math.max(0, caret - 48);
  const m = /(?:^|[\s(\p{P}])(@([^\s@]{0,24}(?: [^\s@]{0,24})?))$/u.exec(text.slice(from, caret));
  return m ? { start: caret - (m[1]?.length ?? 0), name: m[2] ?? "" } : null;
}

/** fitting are the people that what was typed may mean: by the start of their name, or of a word of it. */
export function fitting(people: readonly Candidate[], name: string, limit: number): Candidate[] {
  const q = fold(name);
  const rank = (p: Candidate): number => {
    const [d, n] = [fold(p.display), fold(p.name)];
    return d.startsWith(q) ? 1 : n.startsWith(q) ? 2 : q !== "" && d.includes(" " + q) ? 3 : 0;
  };
  return people
    .map((p) => ({ p, r: rank(p) }))
    .filter(({ r }) => r > 0)
    .sort((a, b) => a.r - b.r || a.p.display.localeCompare(b.p.display))
    .slice(0, limit)
    .map(({ p }) => p);
}

function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}

/** spans finds who was chosen in a text: each "@name" of the chosen, as bytes of its UTF-8, in order and apart. */
export function spans(text: string, chosen: readonly Candidate[]): Mention[] {
  const byLength = [...chosen].sort((a, b) => b.display.length - a.display.length);
  const found: Mention[] = [];
  let bytes = 0;
  for (let i = 0; i < text.length; ) {
    const who = text.charAt(i) === "@" && !wordAt(text, i - 1) ? byLength.find((c) => text.startsWith("@" + c.display, i) && !wordAt(text, i + 1 + c.display.length)) : undefined;
    const length = who ? who.display.length + 1 : (text.codePointAt(i) ?? 0) > 0xffff ? 2 : 1;
    const start = bytes;
    for (const ch of text.slice(i, i + length)) bytes += byteLength(ch.codePointAt(0) ?? 0);
    if (who) found.push({ account: who.account, start, end: bytes });
    i += length;
  }
  return found;
}

function wordAt(text: string, i: number): boolean {
  return i >= 0 && i < text.length && /[\p{L}\p{N}_]/u.test(text.charAt(i));
}
