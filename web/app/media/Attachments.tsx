import type { Attachment, Message } from "../../lib/core";
import { useView } from "../conversation/view";
import { t } from "../strings";
import { Album } from "./Album";
import { FileCard } from "./FileCard";
import { OnceCard } from "./OnceCard";
import { QuietVoice, Veil } from "./Veil";
import { VideoCard } from "./VideoCard";
import { Voice } from "./Voice";
import { visible } from "./viewing";
import { mediaText } from "./words";
import "./media.css";

/** carries says whether a message has attachments, or would have if they could be shown. */
export function carries(m: Message): boolean {
  return !m.unsent && (m.attachments.length > 0 || ((m.view_once || m.withheld) && mediaText(m) !== ""));
}

/** wide says whether a message's bubble is as wide as pictures are. */
export function wide(m: Message): boolean {
  return !m.view_once && visible(m.attachments).length > 0;
}

/** Attachments is what a message has beside its text: photos and videos first, then voice and files in their order. */
export function Attachments({ m }: { m: Message }) {
  const { room, info } = useView().thread;
  if (m.withheld) return <p class="media-withheld">{t("media.withheld", { what: mediaText(m) })}</p>;
  if (m.view_once) return <OnceCard m={m} room={room} />;
  const pictures = visible(m.attachments);
  const [only] = pictures;
  const covered = !m.own && (info.value?.veiled ?? true);
  return (
    <div class="media">
      {pictures.length > 0 && covered ? <Veil items={pictures} room={room} /> : pictures.length === 1 && only?.role === "video" ? <VideoCard a={only} room={room} /> : pictures.length > 0 && <Album items={pictures} room={room} />}
      {m.attachments.map((a, i) => (a.role === "photo" || a.role === "video" ? null : <Other key={`${a.blob}.${i}`} a={a} room={room} own={m.own} covered={covered} />))}
    </div>
  );
}

function Other({ a, room, own, covered }: { a: Attachment; room: string; own: boolean; covered: boolean }) {
  if (a.role !== "voice") return <FileCard a={a} room={room} />; // fetched when it is pressed
  return covered ? <QuietVoice a={a} room={room} /> : <Voice a={a} room={room} own={own} />;
}
