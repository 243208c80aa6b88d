import { useEffect, useRef, useState } from "preact/hooks";
import { EmojiPicker } from "../emoji/EmojiPicker";
import { t } from "../strings";
import { Button, Dialog, toast } from "../ui";
import { filling, fit, mostZoom, moved, whole, zoomed, type Crop } from "./crop";
import { cropped } from "./draw";
import type { Piece } from "./PackDialog";

/** Pixels of the square that is drawn while one chooses. */
const edge = 512;
/** How far an arrow key moves the picture, in those. */
const step = 12;

/** Cropper chooses the part of a picture that is the sticker, and the emoji that it stands for. */
export function Cropper({ piece, onDone, onBack }: { piece: Piece; onDone: (piece: Piece | null) => void; onBack: () => void }) {
  const from = piece.from;
  const [crop, setCrop] = useState<Crop>(piece.crop);
  const [emoji, setEmoji] = useState(piece.emoji);
  const [picking, setPicking] = useState(false);
  const [busy, setBusy] = useState(false);
  const canvas = useRef<HTMLCanvasElement>(null);
  const held = useRef<{ x: number; y: number } | null>(null);
  useEffect(() => {
    const pen = canvas.current?.getContext("2d");
    if (!pen || !from) return;
    const at = fit(from.width, from.height, edge, crop);
    pen.clearRect(0, 0, edge, edge);
    pen.imageSmoothingQuality = "high";
    pen.drawImage(from, at.x, at.y, at.width, at.height);
  }, [crop, from, picking]);
  if (!from) return null;
  const drag = (dx: number, dy: number) => setCrop((now) => moved(now, dx, dy, from.width, from.height, edge));
  const keys = (e: KeyboardEvent) => {
    const by = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] }[e.key];
    if (!by) return;
    e.preventDefault();
    drag(by[0] ?? 0, by[1] ?? 0);
  };
  const done = async () => {
    setBusy(true);
    try {
      onDone({ ...piece, emoji, crop, data: await cropped(from, crop) });
    } catch {
      toast(t("stickers.tooLarge", { name: "" }));
      setBusy(false);
    }
  };
  if (picking) {
    return (
      <Dialog title={t("stickers.emoji")} onClose={() => setPicking(false)} onBack={() => setPicking(false)}>
        <EmojiPicker
          onPick={(char) => {
            setEmoji(char);
            setPicking(false);
          }}
        />
      </Dialog>
    );
  }
  const foot = (
    <>
      <Button kind="danger-quiet" onClick={() => onDone(null)}>
        {t("stickers.remove")}
      </Button>
      <Button kind="primary" busy={busy} onClick={() => void done()}>
        {t("stickers.done")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("stickers.crop")} onClose={onBack} onBack={onBack} foot={foot}>
      <div class="cropper">
        <canvas
          ref={canvas}
          width={edge}
          height={edge}
          tabIndex={0}
          role="img"
          aria-label={t("stickers.cropLabel")}
          onKeyDown={keys}
          onPointerDown={(e) => {
            held.current = { x: e.clientX, y: e.clientY };
            e.currentTarget.setPointerCapture(e.pointerId);
          }}
          onPointerMove={(e) => {
            if (!held.current) return;
            const scale = edge / e.currentTarget.clientWidth;
            drag((e.clientX - held.current.x) * scale, (e.clientY - held.current.y) * scale);
            held.current = { x: e.clientX, y: e.clientY };
          }}
          onPointerUp={() => (held.current = null)}
          onPointerCancel={() => (held.current = null)}
          onWheel={(e) => {
            e.preventDefault();
            setCrop((now) => zoomed(now, now.zoom * (e.deltaY < 0 ? 1.08 : 1 / 1.08)));
          }}
        />
        <label class="crop-zoom">
          <span>{t("stickers.zoom")}</span>
          <input type="range" min={1} max={mostZoom} step={0.02} value={crop.zoom} onInput={(e) => setCrop((now) => zoomed(now, Number(e.currentTarget.value)))} />
        </label>
        <div class="crop-row">
          <Button small onClick={() => setCrop(whole)}>
            {t("stickers.whole")}
          </Button>
          <Button small onClick={() => setCrop(filling(from.width, from.height))}>
            {t("stickers.fill")}
          </Button>
          <Button small onClick={() => setPicking(true)} aria-label={`${t("stickers.emoji")}: ${emoji}`}>
            <span class="emoji crop-emoji">{emoji}</span> {t("stickers.emoji")}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
