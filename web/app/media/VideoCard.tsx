import { useState } from "preact/hooks";
import type { Attachment } from "../../lib/core";
import { t } from "../strings";
import { Fill } from "./Fill";
import { Play } from "./icons";
import { aspectOf } from "./layout";
import { Player } from "./Player";
import { clockOf } from "./wave";
import { nameOf } from "./words";

/** VideoCard is a video in a message: its poster in its shape, and the player in its place once it is pressed. */
export function VideoCard({ a, room }: { a: Attachment; room: string }) {
  const [open, setOpen] = useState(false);
  const aspect = aspectOf(a);
  return (
    <div class="album single video-card" style={{ "--aspect": aspect }}>
      <div class="album-row" style={{ aspectRatio: `${aspect}` }}>
        <div class="album-cell">
          {open ? (
            <Player a={a} room={room} />
          ) : (
            <button type="button" class="cell" aria-label={`${t("media.play")}: ${nameOf(a)}`} onClick={() => setOpen(true)}>
              <Fill a={a} />
              <span class="cell-play large">
                <Play size={1.875} />
              </span>
              {a.duration_ms > 0 && <span class="cell-note">{clockOf(a.duration_ms)}</span>}
            </button>
          )}
        </div>
      </div>
    </div>
  );
}
