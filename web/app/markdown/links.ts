/** Addresses in a text: which ones a link may have, and where they end. */

/** MaxURL bounds an address, in UTF-16 units. */
export const maxURL = 2048;

/** safeURL returns the address in its canonical form if a link may lead there: http, https or mailto. Else "". */
export function safeURL(raw: string): string {
  if (raw.length > maxURL || !/^(?:https?:\/\/|mailto:)/i.test(raw)) return "";
  try {
    const url = new URL(raw);
    if (url.username !== "" || url.password !== "") return ""; // bank.example@evil.example deceives
    if (url.protocol === "mailto:") return /^[^\s?@]+@[^\s?@]+$/.test(url.pathname) ? "mailto:" + url.pathname : "";
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : "";
  } catch {
    return "";
  }
}

/** Characters that aren't seen, or turn the order of others around. */
const hidden = /[\u00AD\u061C\u180E\u200B-\u200F\u202A-\u202E\u2060-\u206F\uFEFF]/;

/**
 * sameAddress says whether the words of a link are its address, so that nobody is
 * misled by them. Letters that a browser writes as xn-- may be others than they
 * seem (UTS #39), so an address with some is the same only written that way.
 */
export function sameAddress(words: string, href: string): boolean {
  const text = words.trim();
  if (hidden.test(text)) return false;
  if (text === href) return true;
  const scheme = /^(?:https?:\/\/|mailto:)/i.test(text) ? "" : href.startsWith("mailto:") ? "mailto:" : "https://";
  return safeURL(scheme + text) === href && (ascii(text) || !/^[a-z]+:(?:\/\/)?[^/]*xn--/i.test(href));
}

function ascii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** accountURI says whether raw names a person. */
export function accountURI(raw: string): boolean {
  return raw.length <= 512 && /^mimi:\/\/[^/\s?#]+\/u\/[^/\s?#]+$/.test(raw);
}

/** bareEnd returns where an address that starts at i ends, as people write it in a sentence: without the full stop or the bracket after it. */
export function bareEnd(text: string, i: number): number {
  let end = i;
  const stop = Math.min(text.length, i + maxURL);
  while (end < stop && !/[\s<>"`[\]\u0000-\u001F\uFDD0\uFDD1]/.test(text.charAt(end))) end++;
  let depth = 0;
  for (let k = i; k < end; k++) {
    const ch = text.charAt(k);
    if (ch === "(") depth++;
    else if (ch === ")" && --depth < 0) end = k;
  }
  while (end > i && /[?!.,:;*_~'’”)\]}،؛؟]/.test(text.charAt(end - 1))) {
    if (text.charAt(end - 1) === ")" && balanced(text, i, end)) break;
    end--;
  }
  return end;
}

function balanced(text: string, i: number, end: number): boolean {
  let depth = 0;
  for (let k = i; k < end; k++) depth += text.charAt(k) === "(" ? 1 : text.charAt(k) === ")" ? -1 : 0;
  return depth === 0;
}

/** bareStart says whether an address may start at i: a scheme, at the start of a word. */
export function bareStart(text: string, i: number): boolean {
  if (i > 0 && /[\p{L}\p{N}_]/u.test(text.charAt(i - 1))) return false;
  return /^https?:\/\/[^\s/?#.][^\s]/i.test(text.slice(i, i + 12));
}

const entities: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00A0", copy: "©", hellip: "…", ndash: "–", mdash: "—" };

/** entity reads a character reference at i: what it says and its length, or null. */
export function entity(text: string, i: number): { text: string; length: number } | null {
  const m = /^&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z]{2,6}));/.exec(text.slice(i, i + 12));
  if (!m) return null;
  if (m[3] !== undefined) {
    const known = entities[m[3]];
    return known === undefined ? null : { text: known, length: m[0].length };
  }
  const code = m[1] !== undefined ? parseInt(m[1], 10) : parseInt(m[2] ?? "0", 16);
  const bad = code === 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) || (code >= 0xfdd0 && code <= 0xfdef);
  return { text: bad ? "\uFFFD" : String.fromCodePoint(code), length: m[0].length };
}
