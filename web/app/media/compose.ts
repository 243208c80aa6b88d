/** Sending what is in the tray, and voice messages, from the composer. */

import type { Mention } from "../../lib/core";
import type { View } from "../conversation/view";
import { boot } from "../state";
import type { Recorded } from "./recording";
import { begin } from "./jobs";
import { itemOf, type Tray } from "./tray";

/** mayAttach says whether the server takes attachments at all. */
export function mayAttach(): boolean {
  return (boot.value?.server?.blobs?.size ?? 0) > 0;
}

/** sendTray sends what is in the tray with a caption. */
export function sendTray(view: View, tray: Tray, text: string, mentions: Mention[], reply?: string): void {
  const { thread } = view;
  begin({ room: thread.room, ...tray.take(), text, mentions, reply }, () => thread.refresh());
  view.toEnd();
}

/** sendVoice sends a voice message. */
export function sendVoice(view: View, voice: Recorded, reply?: string): void {
  const { thread } = view;
  const item = { ...itemOf(voice.file, "voice"), duration: voice.duration, wave: voice.wave };
  begin({ room: thread.room, items: [item], original: true, once: false, text: "", mentions: [], reply }, () => thread.refresh());
  view.toEnd();
}
