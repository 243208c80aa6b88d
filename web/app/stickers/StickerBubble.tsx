import type { Message } from "../../lib/core";
import { Veiled } from "../media/Veil";
import { t } from "../strings";
import "./stickers.css";

/** StickerBubble is a sticker as a message: the picture alone; of somebody new it is covered until it is wanted. */
export function StickerBubble({ m, room, covered }: { m: Message; room: string; covered: boolean }) {
  if (!m.sticker) return null;
  const picture = <img class={covered ? "sticker veiled" : "sticker"} src={m.sticker.data} alt={t("stickers.sticker", { emoji: m.sticker.emoji })} draggable={false} />;
  return covered ? <Veiled room={room}>{picture}</Veiled> : picture;
}
