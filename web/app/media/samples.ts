/**
 * Where the samples of a track lie in its file. ISO/IEC 14496-12:2015, Sections 8.7.3
 * (stsz, stz2), 8.7.4 (stsc) and 8.7.5 (stco, co64). Pure.
 */

/** A Range of bytes of a file. */
export interface Range {
  from: number;
  to: number;
}

/** Tables are the boxes of a sample table by their types, each from its version and flags on. */
export type Tables = ReadonlyMap<string, DataView>;

/**
 * rangesOf are the places of a track's chunks. What a table says beyond its own end
 * isn't believed; that the places are the file's, and the track's own, is.
 */
export function* rangesOf(tables: Tables): Generator<Range> {
  const [wide, runs] = [tables.get("co64"), tables.get("stsc")];
  const places = wide ?? tables.get("stco");
  if (!places || !runs) return;
  const sizes = sizesOf(tables);
  const chunks = entries(places, 4, wide ? 8 : 4);
  const lastRun = entries(runs, 4, 12) - 1;
  for (let chunk = 0, run = 0, sample = 0; chunk < chunks && sample < sizes.n && lastRun >= 0; chunk++) {
    while (run < lastRun && runs.getUint32(8 + 12 * (run + 1)) <= chunk + 1) run++;
    const stop = Math.min(sizes.n, sample + runs.getUint32(8 + 12 * run + 4));
    const from = wide ? Number(wide.getBigUint64(8 + 8 * chunk)) : places.getUint32(8 + 4 * chunk);
    yield { from, to: from + sizes.sum(sample, stop) };
    sample = stop;
  }
}

/** Sizes of samples: how many there are, and how many bytes some have. */
interface Sizes {
  n: number;
  sum: (from: number, to: number) => number;
}

function sizesOf(tables: Tables): Sizes {
  const [table, compact] = [tables.get("stsz"), tables.get("stz2")];
  if (table && table.byteLength >= 12) {
    const all = table.getUint32(4);
    if (all > 0) return { n: table.getUint32(8), sum: (from, to) => all * (to - from) };
    return { n: entries(table, 8, 4), sum: (from, to) => sum(from, to, (i) => table.getUint32(12 + 4 * i)) };
  }
  if (compact && compact.byteLength >= 12) {
    const bits = compact.getUint8(7);
    if (bits === 16) return { n: entries(compact, 8, 2), sum: (from, to) => sum(from, to, (i) => compact.getUint16(12 + 2 * i)) };
    if (bits === 8) return { n: entries(compact, 8, 1), sum: (from, to) => sum(from, to, (i) => compact.getUint8(12 + i)) };
    if (bits === 4) return { n: entries(compact, 8, 0.5), sum: (from, to) => sum(from, to, (i) => (compact.getUint8(12 + (i >> 1)) >> (i & 1 ? 0 : 4)) & 15) };
  }
  return { n: 0, sum: () => 0 };
}

/** entries is how many entries of a size a table has behind its count, which lies at a place: no more than it has room for. */
function entries(table: DataView, at: number, size: number): number {
  if (table.byteLength < at + 4) return 0;
  return Math.min(table.getUint32(at), Math.floor((table.byteLength - at - 4) / size));
}

function sum(from: number, to: number, size: (i: number) => number): number {
  let all = 0;
  for (let i = from; i < to; i++) all += size(i);
  return all;
}

/** merged are ranges in order, those that touch as one. */
export function merged(ranges: Range[]): Range[] {
  const out: Range[] = [];
  for (const one of ranges.filter((r) => r.to > r.from).sort((a, b) => a.from - b.from)) {
    const last = out.at(-1);
    if (last && one.from <= last.to) last.to = Math.max(last.to, one.to);
    else out.push({ ...one });
  }
  return out;
}
