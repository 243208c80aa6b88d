import { effect, signal } from "@preact/signals";
import type { Found } from "../../lib/core";
import { phase } from "../state/boot";
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

/** How long what happens in conversations may add up before what is found is asked for again, in milliseconds. */
const settle = 400;

/**
 * watchSearch asks the core as one types, and again when something happened in a conversation: what is gone isn't found any more. It drops the
 * answers that came too late; nothing of it outlasts who is signed in.
 */
export function watchSearch() {
  effect(() => {
    if (phase.value !== "ready" && phase.value !== "starting") endSearch();
  });
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
  let again: ReturnType<typeof setTimeout> | undefined;
  core.on("room", () => {
    if (!found.value) return;
    clearTimeout(again);
    again = setTimeout(() => {
      const text = sought.value.trim();
      if (text) void ask(++asked, text, limit.value);
    }, settle);
  });
}

async function ask(turn: number, text: string, most: number) {
  const answer = await core.search({ text, limit: most }).catch(() => ({ hits: [], more: false }));
  if (turn === asked) found.value = answer;
}
