/** What may complete the word that is being written: a person after @, an emoji after a colon. */

import { known, load } from "../emoji/data";
import { tone } from "../emoji/recent";
import { codeBefore, search, shortBefore } from "../emoji/search";
import { fitting, mentionBefore, type Candidate } from "./mention";

export interface CompletionItem {
  label: string;
  /** beside the label: a name, a :short: */
  about: string;
  insert: string;
  emoji?: string;
  account?: string;
}

export interface Completion {
  /** tells one from another, so that one that was closed stays closed */
  key: string;
  kind: "people" | "emoji";
  start: number;
  items: CompletionItem[];
}

const most = 7;

/** completionOf returns what fits before a caret, or null. */
export function completionOf(text: string, caret: number, people: readonly Candidate[]): Completion | null {
  const at = people.length > 0 ? mentionBefore(text, caret) : null;
  if (at) {
    const items = fitting(people, at.name, most).map((p) => ({ label: p.display, about: "@" + p.name, insert: `@${p.display} `, account: p.account }));
    const whole = items.length === 1 && items[0]?.label === at.name.trim();
    if (items.length > 0 && !whole) return { key: `@${at.start}`, kind: "people", start: at.start, items };
  }
  return emojiOf(text, caret);
}

function emojiOf(text: string, caret: number): Completion | null {
  const short = shortBefore(text, caret);
  const code = codeBefore(text, caret);
  const name = code ?? short;
  if (!name) return null;
  if (known().length === 0) {
    void load().catch(() => undefined);
    return null;
  }
  const found = search(known(), name.name, most).filter((e) => !code || e.codes.includes(code.name));
  if (found.length === 0) return null;
  const items = found.map((e) => {
    const char = (tone.value > 0 && e.tones[tone.value - 1]) || e.char;
    return { label: `:${e.codes[0]}:`, about: e.name, insert: char + " ", emoji: char };
  });
  return { key: `:${name.start}`, kind: "emoji", start: name.start, items };
}
