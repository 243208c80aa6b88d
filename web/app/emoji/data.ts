/** The emoji there are. They come as a chunk of their own, when somebody first wants one. */

import { signal } from "@preact/signals";
import { language } from "../strings";
import { fold, type Emoji } from "./search";

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

/** What Unicode's CLDR says of an emoji in a language: its name, as it is read aloud, and words for it. */
interface Annotation {
  tts?: string[];
  default?: string[];
}

let loading: { language: string; all: Promise<readonly Emoji[]> } | null = null;
const loaded = signal<{ language: string; all: readonly Emoji[] } | null>(null);

/** load brings the emoji with their names in the language of the page, once. A failed load is tried again at the next call. */
export function load(): Promise<readonly Emoji[]> {
  const tag = language.value;
  if (loading?.language === tag) return loading.all;
  const all = read(tag).catch((err: unknown) => {
    loading = null;
    throw err;
  });
  loading = { language: tag, all };
  return all;
}

/** known are the emoji that are there already: none before load has ended. Who draws by them is drawn again then. */
export function known(): readonly Emoji[] {
  const [now, tag] = [loaded.value, language.value];
  return now?.language === tag ? now.all : [];
}

async function read(tag: string): Promise<readonly Emoji[]> {
  const [data, codes, names] = await Promise.all([
    import("emojibase-data/en/compact.json"),
    import("emojibase-data/en/shortcodes/iamcal.json"),
    annotations(tag),
  ]);
  const all = compact(data.default as Compact[], codes.default as Record<string, string | string[]>, names);
  loaded.value = { language: tag, all };
  return all;
}

/** annotations are those of a language, by emoji without selectors; emojibase has English ones. */
async function annotations(tag: string): Promise<Record<string, Annotation>> {
  if (tag !== "ar") return {};
  const file = await import("cldr-annotations-full/annotations/ar/annotations.json");
  return file.default.annotations.annotations as Record<string, Annotation>;
}

function compact(data: Compact[], codes: Record<string, string | string[]>, names: Record<string, Annotation>): Emoji[] {
  const out: Emoji[] = [];
  for (const e of data) {
    if (e.group === undefined || e.group === 2) continue;
    const own = names[e.unicode.replaceAll("\uFE0F", "")];
    const english = e.label.toLowerCase();
    const words = own ? [...(own.tts ?? []), ...(own.default ?? []), english] : [];
    out.push({
      char: qualified(e.unicode),
      name: own?.tts?.[0] ?? english,
      group: e.group,
      codes: [codes[e.hexcode] ?? english.replace(/\W+/g, "_")].flat(),
      words: fold([...words, ...(e.tags ?? [])].join(" ")),
      tones: tonesOf(e.skins ?? []),
    });
  }
  return out;
}

const tones = ["🏻", "🏼", "🏽", "🏾", "🏿"];

/** tonesOf are an emoji's forms from light to dark; where it shows two people both have the tone. */
function tonesOf(skins: readonly { unicode: string }[]): string[] {
  const plain = (char: string, tone: string) => [...char].every((c) => c === tone || !tones.includes(c));
  return tones.flatMap((tone) => {
    const form = skins.find((s) => plain(s.unicode, tone));
    return form ? [qualified(form.unicode)] : [];
  });
}

/** qualified takes the selector off characters that are emoji without it, as Unicode's own list of emoji does: a thumb is the same thumb from everyone. */
function qualified(char: string): string {
  return char.replace(/(\p{Emoji_Presentation})\uFE0F/gu, "$1");
}
