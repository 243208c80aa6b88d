/**
 * An MP4 that can play before it has all arrived: its index (moov) comes before its
 * pictures and sounds, whose places in it are changed by as much. Where and with
 * what a video was taken goes at the same time. ISO/IEC 14496-12:2015, Sections 4.2
 * (boxes), 8.2.1 (moov), 8.7.5 (stco, co64), 8.10.1 (udta), 8.11.1 (meta).
 *
 * The file stays on the disk: what is read of it is the heads of its boxes, and moov.
 */

import type { Range } from "./samples";

/** How large an index may be: an hour has about 3 MB. */
const mostMoov = 64 << 20;
/** How many boxes a file may have at its top: one in fragments has two for each. */
const mostBoxes = 100_000;

/** A Box of the top of a file: where it is, with its head. */
export interface TopBox {
  type: string;
  at: number;
  size: number;
  /** bytes of its head */
  head: number;
}

/** What a file of boxes begins with: the first, or one of those that QuickTime's had before there was that. */
const first = new Set(["ftyp", "moov", "mdat", "wide", "free", "skip"]);

/**
 * topBoxes reads which boxes a file consists of; null: it isn't a file of boxes, or a
 * box doesn't fit. What is behind moov and mdat and isn't a box is left out: some
 * cameras write there where they were.
 */
export async function topBoxes(file: Blob): Promise<TopBox[] | null> {
  const boxes: TopBox[] = [];
  const has = (type: string): boolean => boxes.some((b) => b.type === type);
  for (let at = 0; at < file.size; ) {
    const box = boxes.length < mostBoxes ? await boxAt(file, at) : null;
    if (!box) return has("moov") && has("mdat") ? boxes : null;
    if (boxes.length === 0 && !first.has(box.type)) return null;
    boxes.push(box);
    at += box.size;
  }
  return boxes.length > 0 ? boxes : null;
}

/** boxAt reads the head of a box. One of pictures and sounds may have been cut off at the end of the file. */
async function boxAt(file: Blob, at: number): Promise<TopBox | null> {
  if (at + 8 > file.size) return null;
  const view = new DataView(await file.slice(at, at + 16).arrayBuffer());
  const type = String.fromCharCode(view.getUint8(4), view.getUint8(5), view.getUint8(6), view.getUint8(7));
  const left = file.size - at;
  let [size, head] = [view.getUint32(0), 8];
  if (size === 0) size = left;
  else if (size === 1) {
    if (view.byteLength < 16) return null;
    [size, head] = [Number(view.getBigUint64(8)), 16];
  }
  if (size > left && type === "mdat") size = left;
  return /^[ -~\u00a9]{4}$/.test(type) && size >= head && size <= left ? { type, at, size, head } : null;
}

/** What is needed at the top for playing. Others may tell something: meta, uuid, udta, and what was there before in free. */
const needed = new Set(["ftyp", "styp", "moov", "moof", "mdat", "sidx", "ssix", "mfra"]);

/**
 * fastStart returns a file that shows and sounds the same with moov right behind ftyp,
 * and without what isn't needed for that; the file itself if it is no MP4, or one
 * that isn't understood. It throws where that can't be done in a file of sane parts.
 */
export async function fastStart(file: Blob): Promise<Blob> {
  const boxes = await topBoxes(file);
  const moovs = boxes?.filter((b) => b.type === "moov") ?? [];
  const moov = moovs[0];
  if (!boxes || !moov || moovs.length > 1 || moov.size > mostMoov) return file;
  // A file in fragments has places that are counted from its own boxes: nothing is moved in it.
  const fragments = boxes.some((b) => b.type === "moof");
  const front = boxes.filter((b) => b.type === "ftyp");
  const order = [...front, moov, ...boxes.filter((b) => b.type !== "ftyp" && b !== moov && needed.has(b.type))];
  const data = await file.slice(moov.at, moov.at + moov.size).arrayBuffer();
  const { patched } = await import("./moov"); // with the library, when it is first wanted
  const quick = fragments ? null : patched(data.slice(0), moves(order));
  const made = quick ?? patched(data, null, fragments);
  if (!made) return file;
  if (made.holes.length > mostHoles) throw new RangeError("a video in too many pieces");
  const parts = (quick ? order : boxes).flatMap((b) => (b === moov ? [made.moov] : partsOf(file, b, made.holes)));
  return new Blob(parts, { type: file.type });
}

/** How many pieces of other tracks may lie among pictures and sounds: an hour with two a second has 7200. */
const mostHoles = 200_000;

/** partsOf is a box of the top: one that isn't needed free, of zeros, one of pictures and sounds with its holes of zeros. */
function partsOf(file: Blob, box: TopBox, holes: readonly Range[]): BlobPart[] {
  const [body, end] = [box.at + box.head, box.at + box.size];
  if (!needed.has(box.type)) return [file.slice(box.at, box.at + 4), "free", file.slice(box.at + 8, body), ...zeros(end - body)];
  if (box.type !== "mdat") return [file.slice(box.at, end)];
  const parts: BlobPart[] = [];
  let at = box.at;
  for (const hole of holes) {
    const [from, to] = [Math.max(hole.from, body), Math.min(hole.to, end)];
    if (from >= to) continue;
    parts.push(file.slice(at, from), ...zeros(to - from));
    at = to;
  }
  return [...parts, file.slice(at, end)];
}

const nothing = new Blob([new Uint8Array(1 << 20)]);

function zeros(n: number): Blob[] {
  const parts: Blob[] = [];
  for (let left = n; left > 0; left -= nothing.size) parts.push(nothing.slice(0, Math.min(left, nothing.size)));
  return parts;
}

/** A Move says that what lay from a place on, up to another, lies so much farther on. */
export interface Move {
  from: number;
  to: number;
  by: number;
}

/** moves says how far each box comes to lie from where it was, when they are put into an order. */
export function moves(order: readonly Pick<TopBox, "at" | "size">[]): Move[] {
  let at = 0;
  return order.map((b) => {
    const move = { from: b.at, to: b.at + b.size, by: at - b.at };
    at += b.size;
    return move;
  });
}
