/** What plays: one thing at a time. And which voice messages were played. */

import { signal } from "@preact/signals";

let now: HTMLMediaElement | null = null;

/** only stops what played before, when something begins. */
export function only(medium: HTMLMediaElement): void {
  if (now && now !== medium) now.pause();
  now = medium;
}

/** The speeds that a press goes through. */
export const speeds = [1, 1.5, 2] as const;

/** faster is the speed after one. */
export function faster(speed: number): number {
  return speeds[(speeds.findIndex((s) => s === speed) + 1) % speeds.length] ?? 1;
}

const place = "parley-played";
const most = 400;
/** How much of a blob's name is kept. */
const mark = 16;

/** played are the voice messages that were listened to on this device, by blob. */
export const played = signal<ReadonlySet<string>>(new Set(read()));

function read(): string[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(place) ?? "[]");
    return Array.isArray(kept) ? kept.filter((k): k is string => typeof k === "string" && k.length === mark) : [];
  } catch {
    return [];
  }
}

/** wasPlayed says whether a voice message was listened to. */
export const wasPlayed = (blob: string): boolean => played.value.has(blob.slice(0, mark));

/** markPlayed notes that one was. */
export function markPlayed(blob: string): void {
  if (wasPlayed(blob)) return;
  played.value = new Set([...played.value, blob.slice(0, mark)].slice(-most));
  try {
    localStorage.setItem(place, JSON.stringify([...played.value]));
  } catch {
    // A browser that keeps nothing forgets it with the page.
  }
}

/** forgetPlayed forgets all: somebody signed out. */
export function forgetPlayed(): void {
  played.value = new Set();
  try {
    localStorage.removeItem(place);
  } catch {
    // As above.
  }
}
