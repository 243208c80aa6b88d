/** What attachments are in words: for lines, labels and people who hear the page. */

import type { Attachment, Glimpse, Message } from "../../lib/core";
import { number, t } from "../strings";
import { bytes } from "../strings/dates";
import { clockOf } from "./wave";

/** What is needed to name an attachment. */
export type Named = Pick<Attachment, "role" | "name" | "alt" | "size" | "duration_ms">;

/** nameOf is one attachment: "Photo: a red door", "Video, 0:12". */
export function nameOf(a: Named): string {
  switch (a.role) {
    case "photo":
      return a.alt ? t("media.photoAlt", { alt: a.alt }) : t("media.photo");
    case "video":
      return a.duration_ms > 0 ? t("media.videoOf", { time: clockOf(a.duration_ms) }) : t("media.video");
    case "voice":
      return t("media.voiceOf", { time: clockOf(a.duration_ms) });
  }
  return t("media.fileOf", { name: a.name, size: bytes(a.size) });
}

/** kindOf is one without what it shows: "photo", for what is viewed once. */
export function kindOf(role: string): string {
  return t(role === "video" ? "media.video" : role === "voice" ? "media.voice" : role === "file" ? "media.file" : "media.photo");
}

/** whatOf is some attachments together: "3 photos", "Video, 0:12". */
export function whatOf(all: readonly Named[]): string {
  const one = all[0];
  if (all.length === 1 && one) return nameOf({ ...one, alt: "" });
  if (all.every((a) => a.role === "photo")) return t("media.photos", { n: all.length });
  if (all.every((a) => a.role === "video")) return t("media.videos", { n: all.length });
  if (all.every((a) => a.role === "file")) return t("media.files", { n: all.length });
  return t("media.items", { n: all.length });
}

/** spokenOf is what a message has beside its text, as it is read aloud; '' if it has nothing. */
export function spokenOf(m: Message): string {
  const all = m.attachments;
  const what = mediaText(m);
  if (m.withheld) return what && t("media.withheld", { what });
  if (m.view_once || all.length === 0) return m.opened && !m.own && what ? `${what}, ${t("media.onceOpened")}` : what;
  return all.length > 4 ? what : all.map(nameOf).join(", ");
}

/** mediaText is what a line of the list, or a quote, says of a message that has more than text; '' if it has not. */
export function mediaText(g: Glimpse): string {
  const what = glimpseText(g);
  return what && g.media_once ? t("media.onceWhat", { what }) : what;
}

function glimpseText(g: Glimpse): string {
  const n = g.media_count ?? 0;
  const time = g.media_ms ? clockOf(g.media_ms) : "";
  switch (g.media) {
    case "photo":
      return t("media.photo");
    case "photos":
      return t("media.photos", { n });
    case "video":
      return time ? t("media.videoOf", { time }) : t("media.video");
    case "videos":
      return t("media.videos", { n });
    case "voice":
      return time ? t("media.voiceOf", { time }) : t("media.voice");
    case "file":
      return g.media_name || t("media.file");
    case "files":
      return t("media.files", { n });
    case "album":
      return t("media.items", { n });
    case "sticker":
      return t("stickers.sticker", { emoji: g.media_name ?? "" });
    case "post":
      return t("posts.post", { title: g.media_name ?? "" });
  }
  return "";
}

/** percent is a part of a whole as the language writes it. */
export function percent(part: number): string {
  return new Intl.NumberFormat(document.documentElement.lang, { style: "percent", maximumFractionDigits: 0 }).format(part);
}

/** times is a speed: 1.5×. */
export function times(speed: number): string {
  return `\u2066${number(speed)}×\u2069`;
}
