/** The index of an MP4. The library that knows its boxes comes with this: import it when it is needed. Pure. */

import { createFile, Log, MultiBufferStream } from "mp4box/simple";
import type { Move } from "./faststart";
import { merged, rangesOf, type Range } from "./samples";

Log.error = () => undefined; // what a file holds isn't for the console

/** What is read of the library's boxes. */
interface Box {
  type: string;
  start: number;
  size: number;
  boxes?: Box[];
}

const list = (types: string): ReadonlySet<string> => new Set(types.split(" "));

/**
 * What is kept of an index, by what it lies in: what is needed to play it. Everything
 * else (udta, meta, uuid, what isn't known) may say where, when and with what a video
 * was made. ISO/IEC 14496-12:2015, Table 1; tapt is QuickTime's.
 */
const kept: Readonly<Record<string, ReadonlySet<string>>> = {
  moov: list("mvhd iods trak mvex"),
  mvex: list("mehd trex leva"),
  trak: list("tkhd tapt tref edts mdia"),
  edts: list("elst"),
  mdia: list("mdhd elng hdlr minf"),
  minf: list("vmhd smhd hdlr dinf stbl"),
  dinf: list("dref"),
  stbl: list("stsd stts ctts cslg stsc stsz stz2 stco co64 stss stsh stps padb stdp sdtp sbgp sgpd subs saiz saio senc"),
};

/** The handlers of tracks that are seen and heard. Others hold places, faces, times of day, texts: nothing that is played here. */
const played = list("vide soun");

/** An Index that tells no more than is needed to play, of the same size; and where in the file lies what belonged to what it had of other tracks. */
export interface Index {
  moov: ArrayBuffer;
  holes: Range[];
}

/**
 * patched makes an index ready to be sent: its places are moved, unless moves is null,
 * and it tells nothing. Tracks that aren't played go, unless they have to stay: then
 * they are as the others. It changes moov. null: it isn't an index, or with moves a
 * place doesn't fit or lies in nothing that was moved.
 */
export function patched(moov: ArrayBuffer, moves: readonly Move[] | null, stay = false): Index | null {
  const root = parsed(moov);
  if (!root) return null;
  const view = new DataView(moov);
  const tracks = inside(root, "trak");
  const gone = stay ? [] : tracks.filter((t) => !played.has(handler(view, t)));
  const rest = tracks.filter((t) => !gone.includes(t));
  if (rest.length === 0 || (moves && !moved(view, rest, moves))) return null;
  const holes: Range[] = [];
  for (const track of gone) for (const range of rangesOf(tablesOf(view, track))) holes.push(range);
  for (const track of gone) clear(view, track);
  root.boxes = root.boxes?.filter((b) => !gone.includes(b)); // they are free now
  if (gone.length > 0) for (const ref of inside(root, "trak", "tref")) clear(view, ref);
  for (const track of rest) if (handler(view, track) === "vide") for (const stsd of inside(track, "mdia", "minf", "stbl", "stsd")) hushCoders(view, stsd);
  tidy(view, root);
  return { moov, holes: merged(holes) };
}

/** parsed is the tree of an index; null where it isn't one. */
function parsed(moov: ArrayBuffer): Box | null {
  const file = createFile(false, new MultiBufferStream(Object.assign(moov.slice(0), { fileStart: 0 }) as never));
  try {
    file.parse();
  } catch {
    return null;
  }
  const [root, ...more] = file.boxes as unknown as Box[];
  const whole = root?.type === "moov" && root.size === moov.byteLength && more.length === 0;
  return whole ? root : null;
}

/** inside are the boxes on a way from a box inward. */
function inside(box: Box, ...way: string[]): Box[] {
  return way.reduce((all, type) => all.flatMap((b) => (b.boxes ?? []).filter((inner) => inner.type === type)), [box]);
}

/** bodyAt is where a box's head ends. */
const bodyAt = (view: DataView, box: Box): number => box.start + (view.getUint32(box.start) === 1 ? 16 : 8);

/** handler is the type of a track: '' if it has none. */
function handler(view: DataView, track: Box): string {
  const box = inside(track, "mdia", "hdlr")[0];
  const at = box ? bodyAt(view, box) + 8 : 0;
  return box && at + 4 <= box.start + box.size ? String.fromCharCode(...new Uint8Array(view.buffer, at, 4)) : "";
}

function tablesOf(view: DataView, track: Box): Map<string, DataView> {
  const all = inside(track, "mdia", "minf", "stbl").flatMap((b) => b.boxes ?? []);
  return new Map(all.map((b) => [b.type, new DataView(view.buffer, bodyAt(view, b), Math.max(0, b.start + b.size - bodyAt(view, b)))]));
}

/** moved changes the places of tracks; it has one table in each, else it wasn't understood. saio has places too, of what is encrypted. */
function moved(view: DataView, tracks: Box[], moves: readonly Move[]): boolean {
  const all = tracks.flatMap((t) => inside(t, "mdia", "minf", "stbl").flatMap((b) => b.boxes ?? []));
  const tables = all.filter((b) => b.type === "stco" || b.type === "co64");
  if (tables.length !== tracks.length || all.some((b) => b.type === "saio")) return false;
  return tables.every((b) => shift(view, b, moves));
}

/** shift moves the places in a table: version and flags, a count, and the places in 4 or 8 bytes each. */
function shift(view: DataView, box: Box, moves: readonly Move[]): boolean {
  const wide = box.type === "co64" ? 8 : 4;
  const body = bodyAt(view, box);
  const end = box.start + box.size;
  if (body + 8 > end) return false;
  const n = view.getUint32(body + 4);
  if (body + 8 + n * wide > end) return false;
  for (let i = 0; i < n; i++) {
    const at = body + 8 + i * wide;
    const place = wide === 8 ? Number(view.getBigUint64(at)) : view.getUint32(at);
    const move = moves.find((m) => place >= m.from && place < m.to);
    if (!move) return false;
    const now = place + move.by;
    if (wide === 4 && now > 0xffffffff) return false;
    if (wide === 8) view.setBigUint64(at, BigInt(now));
    else view.setUint32(at, now);
  }
  return true;
}

// ---- what it tells

/** tidy clears what isn't kept in a box, and what tells something in what is. */
function tidy(view: DataView, box: Box): void {
  let end = bodyAt(view, box);
  for (const inner of box.boxes ?? []) {
    if (!kept[box.type]?.has(inner.type)) clear(view, inner);
    else if (kept[inner.type]) tidy(view, inner);
    else hush(view, inner);
    end = inner.start + inner.size;
  }
  if (box.boxes) zero(view, end, box.start + box.size); // no box
}

/** clear makes a box a free one of zeros. */
function clear(view: DataView, box: Box): void {
  view.setUint32(box.start + 4, 0x66726565);
  zero(view, bodyAt(view, box), box.start + box.size);
}

function zero(view: DataView, from: number, to: number): void {
  if (to > from) new Uint8Array(view.buffer, from, to - from).fill(0);
}

/** hush makes zeros of what a box tells beside what plays: when it was made, and the names of programs and files. */
function hush(view: DataView, box: Box): void {
  const body = bodyAt(view, box);
  const end = box.start + box.size;
  const blank = (from: number, n: number): void => zero(view, from, Math.min(end, from + n));
  switch (box.type) {
    case "mvhd": // Sections 8.2.2, 8.3.2, 8.4.2: when it was made and changed
    case "tkhd":
    case "mdhd":
      return blank(body + 4, body < end && view.getUint8(body) === 1 ? 16 : 8);
    case "hdlr": // Section 8.4.3: the name behind the type
      return blank(body + 12, end);
    case "dref": // Section 8.7.2: where the data lies, if that isn't elsewhere
      for (const [at, size] of listed(view, body + 8, end)) if (size > 12 && view.getUint8(at + 11) & 1) blank(at + 12, size - 12);
  }
}

/** hushCoders makes zeros of the names of the programs that made a track's pictures: Section 12.1.3; the vendor is QuickTime's. */
function hushCoders(view: DataView, stsd: Box): void {
  for (const [at, size] of listed(view, bodyAt(view, stsd) + 8, stsd.start + stsd.size)) {
    if (size < 86) continue;
    zero(view, at + 20, at + 24);
    zero(view, at + 50, at + 82);
  }
}

/** listed are the boxes of a list: where, and how large. */
function* listed(view: DataView, from: number, to: number): Generator<[at: number, size: number]> {
  for (let at = from; at + 8 <= to; ) {
    const size = view.getUint32(at);
    if (size < 8 || at + size > to) return;
    yield [at, size];
    at += size;
  }
}
