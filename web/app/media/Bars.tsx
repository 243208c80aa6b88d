import { heightOf } from "./wave";

export interface BarsProps {
  levels: readonly number[];
  /** how much of it was played, 0 to 1 */
  part: number;
  label: string;
  /** where it is, in words */
  text: string;
  onSeek: (part: number) => void;
  /** an arrow was pressed: -1 or 1 */
  onStep: (by: number) => void;
}

/** Bars is a waveform that one can seek in, by press and by key. Time runs from left to right in it in every language. */
export function Bars({ levels, part, label, text, onSeek, onStep }: BarsProps) {
  const seek = (e: PointerEvent) => {
    const box = (e.currentTarget as Element).getBoundingClientRect();
    onSeek(Math.max(0, Math.min(1, (e.clientX - box.left) / Math.max(1, box.width))));
  };
  const key = (e: KeyboardEvent) => {
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[e.key];
    if (by !== undefined) onStep(by);
    else if (e.key === "Home") onSeek(0);
    else if (e.key === "End") onSeek(1);
    else return;
    e.preventDefault();
    e.stopPropagation();
  };
  return (
    <div
      class="wave"
      dir="ltr"
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(Math.min(1, part) * 100)}
      aria-valuetext={text}
      onPointerDown={(e) => {
        e.currentTarget.setPointerCapture(e.pointerId);
        seek(e);
      }}
      onPointerMove={(e) => e.currentTarget.hasPointerCapture(e.pointerId) && seek(e)}
      onKeyDown={key}
    >
      <Wave levels={levels} part={part} />
    </div>
  );
}

/** Wave is the bars alone. */
export function Wave({ levels, part }: { levels: readonly number[]; part: number }) {
  return (
    <>
      {levels.map((l, i) => (
        <span key={i} class={(i + 0.5) / levels.length <= part ? "wave-bar done" : "wave-bar"} style={{ blockSize: `${Math.round(heightOf(l) * 100)}%` }} />
      ))}
    </>
  );
}
