import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import type { Attachment } from "../../lib/core";
import { calm } from "../state";
import { t } from "../strings";
import { Fill } from "./Fill";
import { Play } from "./icons";
import { rowsOf, type Size } from "./layout";
import { useLoaded } from "./loaded";
import { Trouble } from "./Trouble";
import { look } from "./viewing";
import { clockOf } from "./wave";
import { nameOf } from "./words";

/** Album is one to ten photos and videos in rows, each at its own shape. A press opens the viewer. */
export function Album({ items, room }: { items: readonly Attachment[]; room: string }) {
  return <Grid sizes={items} cell={(i) => <Cell a={items[i]!} room={room} i={i} n={items.length} onOpen={() => look(room, items, i)} />} />;
}

/** Grid lays out cells as an album does. */
export function Grid({ sizes, cell }: { sizes: readonly Size[]; cell: (i: number) => ComponentChildren }) {
  const rows = rowsOf(sizes);
  const single = sizes.length === 1;
  return (
    <div class={single ? "album single" : "album"} style={single ? { "--aspect": rows[0]!.aspect } : undefined}>
      {rows.map((row, r) => (
        <div key={r} class="album-row" style={{ aspectRatio: `${row.aspect}` }}>
          {row.cells.map((c) => (
            <div key={c.index} class="album-cell" style={{ flexGrow: row.cells.length === 1 ? 1 : c.aspect }}>
              {cell(c.index)}
            </div>
          ))}
        </div>
      ))}
    </div>
  );
}

interface CellProps {
  a: Attachment;
  room: string;
  i: number;
  n: number;
  onOpen: () => void;
}

function Cell({ a, room, i, n, onOpen }: CellProps) {
  if (a.role === "video") {
    return (
      <button type="button" class="cell" aria-label={nameOf(a)} onClick={onOpen}>
        <Fill a={a} />
        <span class="cell-play">
          <Play size={1.5} />
        </span>
        {a.duration_ms > 0 && <span class="cell-note">{clockOf(a.duration_ms)}</span>}
      </button>
    );
  }
  return <PhotoCell a={a} room={room} i={i} n={n} onOpen={onOpen} />;
}

function PhotoCell({ a, room, i, n, onOpen }: CellProps) {
  const held = useLoaded(a, room);
  const state = held.state.value;
  const label = n > 1 ? t("media.openPhotoOf", { i: i + 1, n }) : t("media.openPhoto");
  return (
    <>
      <button type="button" class="cell" aria-label={a.alt ? `${label}: ${a.alt}` : label} aria-busy={state.is === "waiting"} onClick={onOpen}>
        <Fill a={a} />
        {state.is === "ready" && <Picture url={state.url} still={state.moves && calm.value} />}
      </button>
      <Trouble state={state} again={held.again} />
    </>
  );
}

/** Picture is a photo that has arrived: of an animation only its first frame where motion isn't wanted, until it is played in the viewer. */
function Picture({ url, still }: { url: string; still: boolean }) {
  return still ? <Still url={url} /> : <img class="cell-picture" src={url} alt="" draggable={false} decoding="async" />;
}

/** Still is the first frame of a picture, on a canvas. */
export function Still({ url }: { url: string }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [drawn, setDrawn] = useState(false);
  const draw = (img: HTMLImageElement) => {
    const to = canvas.current;
    if (!to || drawn) return;
    const by = Math.min(1, 1024 / Math.max(img.naturalWidth, img.naturalHeight));
    to.width = Math.max(1, img.naturalWidth * by);
    to.height = Math.max(1, img.naturalHeight * by);
    to.getContext("2d")?.drawImage(img, 0, 0, to.width, to.height);
    setDrawn(true);
  };
  return (
    <>
      {!drawn && <img class="media-unseen" src={url} alt="" onLoad={(e) => draw(e.currentTarget)} />}
      <canvas ref={canvas} class="cell-picture" />
    </>
  );
}
