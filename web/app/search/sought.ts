import { effect, signal } from "@preact/signals";
import type { Found } from "../../lib/core";
import { core } from "../state/core";

/** sought is what the search field holds. */
export const sought = signal("");

/** found is what messages hold it; null while that isn't known. */
export const found = signal<Found | null>(null);

/** limit is how many messages are asked for. */
export const limit = signal(20);

let asked = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

/** endSearch empties the field. */
export function endSearch() {
  sought.value = "";
}

/** watchSearch asks the core as one types, and drops the answers that came too late. */
export function watchSearch() {
  effect(() => {
    const text = sought.value.trim();
    const most = limit.value;
    const turn = ++asked;
    clearTimeout(timer);
    if (!text) {
      found.value = null;
      limit.value = 20;
      return;
    }
    timer = setTimeout(() => void ask(turn, text, most), 120);
  });
}

async function ask(turn: number, text: string, most: number) {
  const answer = await core.search({ text, limit: most }).catch(() => ({ hits: [], more: false }));
  if (turn === asked) found.value = answer;
}
