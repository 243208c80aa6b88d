/** The packs of stickers: those that the own devices keep, and the one that everyone has. */

import { effect, signal } from "@preact/signals";
import type { Message, Sticker, StickerPack } from "../../lib/core";
import type { View } from "../conversation/view";
import { announce, core, phase, refresher, worked } from "../state";
import { t } from "../strings";
import { toast } from "../ui";
import { rasterized } from "./draw";
import { used } from "./recent";
import { favourites, type Item } from "./search";
import type { Drawn } from "./starter";

/** packs are those that the own devices keep, the favourites first; null until somebody wanted them. */
export const packs = signal<readonly StickerPack[] | null>(null);
/** drawn are the starter pack's, once they were loaded. */
export const drawn = signal<readonly Drawn[]>([]);

const refresh = refresher(async () => {
  if (phase.value === "ready") packs.value = (await core.stickers()).packs;
});

let listening = false;

/** wanted reads the packs, and keeps them as they are from then on. */
export function wanted(): void {
  if (!listening) {
    listening = true;
    core.on("stickers", refresh);
    effect(() => {
      if (phase.value !== "ready") packs.value = null;
    });
  }
  if (!packs.value) refresh();
  if (drawn.value.length === 0) {
    void import("./starter").then(
      (m) => (drawn.value = m.starter),
      () => undefined,
    );
  }
}

/** picture is a sticker's as it is sent: our drawings become pictures first. */
async function picture(data: string): Promise<string> {
  return data.startsWith("data:image/svg") ? rasterized(data) : data;
}

/** send sends a sticker, as an answer if one answers something. */
export async function send(view: View, item: Item): Promise<void> {
  used(item.key);
  const reply = view.replying.value?.id;
  view.replying.value = null;
  view.toEnd();
  try {
    const sticker: Sticker = { data: await picture(item.data), emoji: item.emoji, pack: item.pack, pack_id: item.packID };
    await worked(core.send({ room: view.thread.room, text: "", sticker, reply }));
  } catch {
    toast(t("stickers.failed"));
  }
  view.thread.refresh();
}

/** keep puts a sticker among the favourites. */
export async function keep(sticker: Sticker): Promise<void> {
  const data = await picture(sticker.data);
  if (await worked(core.keepSticker({ ...sticker, data }))) announce(t("stickers.kept"));
}

/** keptAs is the favourite that a message's sticker is; undefined if it is none. */
export function keptAs(m: Message): string | undefined {
  const data = m.sticker?.data;
  return packs.value?.find((p) => p.id === favourites)?.stickers.find((s) => s.data === data)?.id;
}

/** drop takes a sticker out of the favourites. */
export async function drop(id: string): Promise<void> {
  await worked(core.dropSticker({ id }));
}
