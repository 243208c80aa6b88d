/** How large pictures are drawn, and where. Pure. */

/** A Size is in pixels. */
export interface Size {
  width: number;
  height: number;
}

/** fitInto shrinks a size so that neither edge is longer than most; it never grows it. */
export function fitInto({ width, height }: Size, most: number): Size {
  const by = Math.min(1, most / Math.max(width, height, 1));
  return { width: Math.max(1, Math.round(width * by)), height: Math.max(1, Math.round(height * by)) };
}

/** A Row of an album: as wide as the album, so high as its aspect says; its pictures share the width by their aspects. */
export interface Row {
  aspect: number;
  cells: { index: number; aspect: number }[];
}

/** How many pictures stand in each row, by how many there are. */
const counts: readonly (readonly number[])[] = [[], [1], [2], [1, 2], [2, 2], [2, 3], [3, 3], [2, 2, 3], [2, 3, 3], [3, 3, 3], [3, 3, 4]];

const clamp = (x: number, least: number, most: number): number => Math.min(most, Math.max(least, x));

/** aspectOf is width by height, 1 where they aren't known, and never so narrow or wide that a picture can't be seen. */
export function aspectOf({ width, height }: Size, least = 0.5, most = 2.4): number {
  return width > 0 && height > 0 ? clamp(width / height, least, most) : 1;
}

/** rowsOf lays out an album. More than ten go on in rows of three. */
export function rowsOf(sizes: readonly Size[]): Row[] {
  const aspects = sizes.map((s) => aspectOf(s));
  if (aspects.length === 1) return [{ aspect: aspects[0] ?? 1, cells: [{ index: 0, aspect: 1 }] }];
  const wide = aspects.length === 2 && aspects.every((a) => a > 1.6);
  const plan = wide ? [1, 1] : (counts[aspects.length] ?? [...counts[10]!, ...threes(aspects.length - 10)]);
  const rows: Row[] = [];
  let at = 0;
  for (const n of plan) {
    const cells = aspects.slice(at, at + n).map((a, i) => ({ index: at + i, aspect: clamp(a, 0.7, 1.7) }));
    const sum = cells.reduce((all, c) => all + c.aspect, 0);
    rows.push({ aspect: clamp(sum, n === 1 ? 1.2 : 1.5, n === 1 ? 2 : 3.6), cells });
    at += n;
  }
  return rows;
}

function threes(n: number): number[] {
  const rows: number[] = [];
  for (; n > 0; n -= 3) rows.push(Math.min(3, n));
  return rows;
}
