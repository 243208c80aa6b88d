import { percent } from "./words";

/** Ring is how much is done, around what stands in it; negative: nobody knows. */
export function Ring({ part, label }: { part: number; label: string }) {
  const around = 2 * Math.PI * 20;
  const known = part >= 0;
  return (
    <svg
      class={known ? "ring" : "ring turning"}
      viewBox="0 0 44 44"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={known ? Math.round(part * 100) : undefined}
      aria-valuetext={known ? percent(part) : undefined}
    >
      <circle cx="22" cy="22" r="20" class="ring-way" />
      <circle cx="22" cy="22" r="20" class="ring-done" stroke-dasharray={`${around}`} stroke-dashoffset={`${around * (1 - (known ? Math.max(0.02, part) : 0.25))}`} />
    </svg>
  );
}
