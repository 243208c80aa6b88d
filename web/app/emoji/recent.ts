/** The emoji that were used last, and the skin tone. They stay on this device until one signs out of it. */

import { effect, signal } from "@preact/signals";
import { phase } from "../state";

const place = "parley-emoji";
const most = 24;

interface Kept {
  recent: readonly string[];
  tone: number;
}

/** recent is the emoji used last, newest first. */
export const recent = signal<readonly string[]>([]);
/** tone is the skin tone that is taken where there is one: 0 none, 1 light to 5 dark. */
export const tone = signal(0);

let read = false;

/** remembered reads what was kept, once. */
export function remembered(): void {
  if (read) return;
  read = true;
  try {
    const kept = JSON.parse(localStorage.getItem(place) ?? "{}") as Partial<Kept>;
    recent.value = Array.isArray(kept.recent) ? kept.recent.filter((e) => typeof e === "string" && e.length < 64).slice(0, most) : [];
    tone.value = Number.isInteger(kept.tone) ? Math.max(0, Math.min(5, kept.tone ?? 0)) : 0;
  } catch {
    // A browser that keeps nothing has none.
  }
}

/** forgetEmoji takes all of it away once nobody is signed in here. */
export function forgetEmoji(): void {
  effect(() => {
    if (phase.value !== "none") return;
    recent.value = [];
    tone.value = 0;
    try {
      localStorage.removeItem(place);
    } catch {
      // As below.
    }
  });
}

/** used puts an emoji first among the recent. */
export function used(emoji: string): void {
  remembered();
  recent.value = [emoji, ...recent.value.filter((e) => e !== emoji)].slice(0, most);
  keep();
}

export function setTone(n: number): void {
  tone.value = n;
  keep();
}

function keep(): void {
  try {
    localStorage.setItem(place, JSON.stringify({ recent: recent.value, tone: tone.value } satisfies Kept));
  } catch {
    // As above.
  }
}
