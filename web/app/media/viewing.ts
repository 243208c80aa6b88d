/** What is looked at in the viewer. */

import { effect, signal } from "@preact/signals";
import type { Attachment } from "../../lib/core";
import { phase } from "../state";

/** A Viewing is some photos and videos of a message, and which of them is shown. */
export interface Viewing {
  room: string;
  items: readonly Attachment[];
  at: number;
  /** of a message that is viewed once: its id. Then there is no saving, and closing ends it. */
  once?: string;
}

/** viewing is what the viewer shows, null: it is closed. */
export const viewing = signal<Viewing | null>(null);
effect(() => {
  if (phase.value !== "ready" && phase.value !== "starting") viewing.value = null; // who comes next sees nothing of it
});

/** look opens the viewer at one of some attachments. */
export function look(room: string, items: readonly Attachment[], at: number, once?: string): void {
  viewing.value = { room, items, at, once };
}

/** seen are photos and videos among attachments: what the viewer can show. */
export function visible(all: readonly Attachment[]): Attachment[] {
  return all.filter((a) => a.role === "photo" || a.role === "video");
}
