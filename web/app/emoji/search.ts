/** Finding emoji by name. Pure. */

/** An Emoji as the picker knows it. */
export interface Emoji {
  char: string;
  name: string;
  group: number;
  /** :short: names, the first one is shown */
  codes: string[];
  /** other words for it, in one string, folded */
  words: string;
  /** the same with a skin tone, light to dark; empty: it has none */
  tones: string[];
}

/** search returns the emoji that fit a query, best first: by short name, by name, by other words. */
export function search(all: readonly Emoji[], query: string, limit: number): Emoji[] {
  const q = fold(query).replace(/^:|:$/g, "");
  if (q === "") return [];
  const ranked: { e: Emoji; rank: number }[] = [];
  for (const e of all) {
    const rank = rankOf(e, q, q.replaceAll(" ", "_"));
    if (rank > 0) ranked.push({ e, rank });
  }
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.slice(0, limit).map((r) => r.e);
}

/** fold is a text without case, accents, vowel signs and edges, for comparing. */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(/[\p{M}\u0640]/gu, "").toLowerCase().trim();
}

/** rankOf is 0 where nothing fits; less is better. */
function rankOf(e: Emoji, q: string, code: string): number {
  if (e.codes.includes(code)) return 1;
  if (e.codes.some((c) => c.startsWith(code))) return 2;
  if (starts(e.name, q)) return 3;
  if (starts(e.words, q)) return 4;
  if (q.length > 2 && (e.codes.some((c) => c.includes(code)) || e.name.includes(q))) return 5;
  return 0;
}

/** starts says whether a word of text begins with q. */
function starts(text: string, q: string): boolean {
  return text.startsWith(q) || text.includes(" " + q);
}

/** shortBefore finds the ":name" that is being typed before a caret: where it begins and its name, or null. */
export function shortBefore(text: string, caret: number): { start: number; name: string } | null {
  const m = /(?:^|[\s(])(:([a-z0-9_+-]{2,32}))$/i.exec(text.slice(Math.max(0, caret - 40), caret));
  return m ? { start: caret - (m[1]?.length ?? 0), name: m[2] ?? "" } : null;
}

/** codeBefore finds a whole ":name:" that ends at a caret. */
export function codeBefore(text: string, caret: number): { start: number; name: string } | null {
  const m = /(?:^|[^\w:])(:([a-z0-9_+-]{2,32}):)$/i.exec(text.slice(Math.max(0, caret - 40), caret));
  return m ? { start: caret - (m[1]?.length ?? 0), name: (m[2] ?? "").toLowerCase() } : null;
}
