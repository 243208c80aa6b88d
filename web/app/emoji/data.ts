/** The emoji there are. They come as a chunk of their own, when somebody first wants one. */

import type { Emoji } from "./search";

interface Compact {
  unicode: string;
  label: string;
  hexcode: string;
  group?: number;
  tags?: string[];
  skins?: { unicode: string }[];
}

/** The groups, in the order of Unicode's list; component (2) has nothing that people send. */
export const groups = [0, 1, 3, 4, 5, 6, 7, 8, 9] as const;

let loading: Promise<readonly Emoji[]> | null = null;
let loaded: readonly Emoji[] = [];

/** load brings the emoji, once. A failed load is tried again at the next call. */
export function load(): Promise<readonly Emoji[]> {
  loading ??= read().catch((err: unknown) => {
    loading = null;
    throw err;
  });
  return loading;
}

/** known are the emoji that are there already: none before load has ended. */
export function known(): readonly Emoji[] {
  return loaded;
}

async function read(): Promise<readonly Emoji[]> {
  const [data, codes] = await Promise.all([import("emojibase-data/en/compact.json"), import("emojibase-data/en/shortcodes/iamcal.json")]);
  loaded = compact(data.default as Compact[], codes.default as Record<string, string | string[]>);
  return loaded;
}

function compact(data: Compact[], codes: Record<string, string | string[]>): Emoji[] {
  const out: Emoji[] = [];
  for (const e of data) {
    if (e.group === undefined || e.group === 2) continue;
    out.push({
      char: qualified(e.unicode),
      name: e.label.toLowerCase(),
      group: e.group,
      codes: [codes[e.hexcode] ?? e.label.toLowerCase().replace(/\W+/g, "_")].flat(),
      words: (e.tags ?? []).join(" "),
      tones: e.skins?.length === 5 ? e.skins.map((s) => qualified(s.unicode)) : [],
    });
  }
  return out;
}

/** qualified takes the selector off characters that are emoji without it, as Unicode's own list of emoji does: a thumb is the same thumb from everyone. */
function qualified(char: string): string {
  return char.replace(/(\p{Emoji_Presentation})\uFE0F/gu, "$1");
}
