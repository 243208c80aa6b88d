import { useMemo } from "preact/hooks";

/** The empty edge that a reader needs, in modules. */
const edge = 4;
/** What is drawn at most: the largest code there is has 177 modules a side. */
const largest = 177;

/** QrCode draws a code from its rows of 0 and 1, dark on light in every theme. */
export function QrCode({ rows, label }: { rows: string; label: string }) {
  const { path, size } = useMemo(() => pathOf(rows), [rows]);
  if (size === 0) return null;
  return (
    <svg class="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shape-rendering="crispEdges">
      <path d={path} />
    </svg>
  );
}

/** pathOf is one path for all dark modules: a line for each run of a row. Rows that aren't a square give nothing. */
export function pathOf(rows: string): { path: string; size: number } {
  const lines = rows.split("\n");
  const n = lines.length;
  if (n > largest || !lines.every((line) => line.length === n && /^[01]+$/.test(line))) return { path: "", size: 0 };
  let path = "";
  lines.forEach((line, y) => {
    for (const run of line.matchAll(/1+/g)) path += `M${run.index + edge} ${y + edge}h${run[0].length}v1h-${run[0].length}z`;
  });
  return { path, size: n + 2 * edge };
}
