/** What a line of a text begins: the tests by which blocks are told apart. */

export interface Marker {
  ordered: boolean;
  start: number;
  /** the bullet, or what stands after the number: another one begins another list */
  kind: string;
  /** columns up to the item's text */
  width: number;
  rest: string;
}

export interface Fence {
  ch: string;
  n: number;
  indent: number;
}

export const blank = (line: string): boolean => line.trim() === "";

/** indent counts the columns before a line's text; a tab goes to the next multiple of four. */
export function indent(line: string): number {
  let col = 0;
  for (let i = 0; i < line.length; i++) {
    const ch = line.charAt(i);
    if (ch === " ") col++;
    else if (ch === "\t") col += 4 - (col % 4);
    else break;
  }
  return col;
}

/** outdent takes up to n columns of space off a line. */
export function outdent(line: string, n: number): string {
  let col = 0;
  let i = 0;
  while (col < n && i < line.length) {
    const ch = line.charAt(i);
    if (ch === " ") col++;
    else if (ch === "\t") col += 4 - (col % 4);
    else break;
    i++;
  }
  return " ".repeat(Math.max(0, col - n)) + line.slice(i);
}

export function fence(line: string): Fence | null {
  const m = /^( {0,3})(`{3,}|~{3,})(.*)$/.exec(line);
  if (!m || (m[2]?.startsWith("`") && m[3]?.includes("`"))) return null;
  return { ch: m[2]?.charAt(0) ?? "`", n: m[2]?.length ?? 3, indent: m[1]?.length ?? 0 };
}

export function closes(line: string, f: Fence): boolean {
  const text = line.trim();
  return indent(line) < 4 && text.length >= f.n && text === f.ch.repeat(text.length);
}

export function heading(line: string): { level: number; text: string } | null {
  const m = /^ {0,3}(#{1,6})(?:[ \t]+(.*))?$/.exec(line);
  if (!m) return null;
  const text = (m[2] ?? "").trim();
  const tail = text.length - text.replace(/#+$/, "").length;
  const cut = tail > 0 && (tail === text.length || /[ \t]/.test(text.charAt(text.length - tail - 1)));
  return { level: m[1]?.length ?? 1, text: cut ? text.slice(0, -tail).trim() : text };
}

export function rule(line: string): boolean {
  if (indent(line) > 3) return false;
  const text = line.replace(/[ \t]/g, "");
  const ch = text.charAt(0);
  return text.length >= 3 && (ch === "*" || ch === "-" || ch === "_") && text === ch.repeat(text.length);
}

export const quoted = (line: string): boolean => /^ {0,3}>/.test(line);

export const unquote = (line: string): string => line.replace(/^ {0,3}> ?/, "");

export function marker(line: string): Marker | null {
  const m = /^( {0,3})(?:([-+*])|([0-9]{1,9})([.)]))(?=[ \t]|$)/.exec(line);
  if (!m || rule(line)) return null;
  const rest = line.slice(m[0].length);
  const gap = indent(rest);
  const pad = blank(rest) ? 1 : gap > 4 ? 1 : gap;
  return {
    ordered: m[3] !== undefined,
    start: Number(m[3] ?? 0),
    kind: m[2] ?? m[4] ?? "",
    width: m[0].length + pad,
    rest: outdent(rest, pad),
  };
}

/** interrupts says whether a line ends a paragraph that stands before it. */
export function interrupts(line: string): boolean {
  if (blank(line) || quoted(line) || fence(line) || heading(line) || rule(line)) return true;
  const m = marker(line);
  return m !== null && !blank(m.rest) && (!m.ordered || m.start === 1);
}

export const underline = (line: string): number => (/^ {0,3}=+[ \t]*$/.test(line) ? 1 : /^ {0,3}-+[ \t]*$/.test(line) ? 2 : 0);
