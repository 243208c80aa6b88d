/** The stickers that were used last, by their places. They stay on this device until one signs out of it. */

import { effect, signal } from "@preact/signals";
import { phase } from "../state";

const place = "parley-stickers";
const most = 12;

export const recent = signal<readonly string[]>(remembered());

function remembered(): readonly string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place) ?? "[]");
    return Array.isArray(kept) ? kept.filter((k): k is string => typeof k === "string" && k.length < 200).slice(0, most) : [];
  } catch {
    return []; // a browser that keeps nothing has none
  }
}

/** used puts a sticker first among the recent. */
export function used(key: string): void {
  recent.value = [key, ...recent.value.filter((k) => k !== key)].slice(0, most);
  try {
    localStorage.setItem(place, JSON.stringify(recent.value));
  } catch {
    // As above.
  }
}

/** forgetStickers takes all of it away once nobody is signed in here. */
export function forgetStickers(): void {
  effect(() => {
    if (phase.value !== "none") return;
    recent.value = [];
    try {
      localStorage.removeItem(place);
    } catch {
      // As above.
    }
  });
}
