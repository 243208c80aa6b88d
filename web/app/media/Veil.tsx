import type { ComponentChildren } from "preact";
import type { Attachment } from "../../lib/core";
import { Eye } from "../icons";
import { core, worked } from "../state";
import { t } from "../strings";
import { Grid } from "./Album";
import { Fill } from "./Fill";
import { Play } from "./icons";
import { nameOf } from "./words";

/**
 * Pictures, stickers and posters of somebody new stay covered, and they and voice messages
 * aren't fetched, until the person wants to have them, or answers: on all own devices.
 */
const unveil = (room: string) => void worked(core.setRoom({ room, veiled: false }));

/** Veil stands for the pictures of somebody new: in their shape, without what they show. A press uncovers all of the conversation. */
export function Veil({ items, room }: { items: readonly Attachment[]; room: string }) {
  return (
    <Veiled room={room}>
      <Grid
        sizes={items}
        cell={(i) => (
          <span class="cell veiled">
            <Fill a={items[i]!} />
          </span>
        )}
      />
    </Veiled>
  );
}

/** Veiled covers what is in it: a sticker, a poster. */
export function Veiled({ room, children }: { room: string; children?: ComponentChildren }) {
  return (
    <button type="button" class="veil" onClick={() => unveil(room)}>
      {children}
      <span class="veil-words">
        <Eye size={1} /> {t("media.unveil")}
      </span>
    </button>
  );
}

/** QuietVoice stands for a voice message of somebody new, which isn't fetched before it is wanted. */
export function QuietVoice({ a, room }: { a: Attachment; room: string }) {
  return (
    <button type="button" class="file-card" onClick={() => unveil(room)}>
      <span class="file-sign">
        <Play size={1.25} />
      </span>
      <span class="file-words">
        <span class="file-name">{nameOf(a)}</span>
        <span class="file-about">{t("media.unveilVoice")}</span>
      </span>
    </button>
  );
}
