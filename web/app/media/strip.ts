/**
 * Taking out of a picture what it says beside what it shows: where and when it was
 * taken, with what, by whom, a preview of what was cut off. The picture itself stays
 * as it is, byte for byte. Only what is known to be needed is kept. Pure.
 *
 * JPEG: ITU-T T.81 (09/92), Annex B; JFIF 1.02; Exif 2.32 (orientation). PNG: W3C
 * PNG, third edition, Section 11. WebP: RFC 9649, Section 2. GIF: GIF89a, 1990.
 */

type Bytes = Uint8Array<ArrayBuffer>;

/** stripped is a picture without what it needn't say; null: it isn't one of a type that is known here, or it is broken. */
export function stripped(file: Bytes, type: string): Bytes[] | null {
  try {
    switch (type) {
      case "image/jpeg":
        return jpeg(file);
      case "image/png":
        return png(file);
      case "image/webp":
        return webp(file);
      case "image/gif":
        return gif(file);
    }
  } catch {
    // it ends too early
  }
  return null;
}

/** A Reader reads numbers out of a file, and throws where it has ended. */
class Reader {
  private readonly view: DataView;
  constructor(readonly bytes: Bytes) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
  u8 = (at: number): number => this.view.getUint8(at);
  u16 = (at: number, little = false): number => this.view.getUint16(at, little);
  u32 = (at: number, little = false): number => this.view.getUint32(at, little);
  cut(from: number, to: number): Bytes {
    if (from > to || to > this.bytes.length) throw new RangeError("ends too early");
    return this.bytes.subarray(from, to);
  }
  text = (from: number, to: number): string => String.fromCharCode(...this.cut(from, to));
}

// ---- JPEG

const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/** jpeg keeps the segments of the picture, its color profile, and which way is up. What follows its end goes. */
function jpeg(file: Bytes): Bytes[] | null {
  const r = new Reader(file);
  if (r.u8(0) !== 0xff || r.u8(1) !== SOI) return null;
  const out: Bytes[] = [r.cut(0, 2)];
  let turn = 1;
  for (let at = 2; ; ) {
    if (r.u8(at) !== 0xff) return null;
    const marker = r.u8(at + 1);
    if (marker === 0xff) {
      at++; // fill
      continue;
    }
    if (marker === EOI) {
      out.push(r.cut(at, at + 2));
      if (turn > 1) out.splice(afterJFIF(out), 0, turned(turn));
      return out;
    }
    const end = at + 2 + r.u16(at + 2);
    if (marker === 0xe1) turn = orientation(r, at + 4, end) || turn;
    out.push(...segment(r, marker, at, end));
    at = end;
    if (marker === SOS) {
      at = scanEnd(r, end);
      out.push(r.cut(end, at));
    }
  }
}

/** afterJFIF is where a segment may be put: JFIF's own comes first. */
function afterJFIF(segments: Bytes[]): number {
  return segments[1]?.[1] === 0xe0 ? 2 : 1;
}

/** segment is what is kept of one: all that decoders need, its color profile, of JFIF's no preview, of Adobe's no more than how colors are stored. */
function segment(r: Reader, marker: number, at: number, end: number): Bytes[] {
  const named = (name: string): boolean => end - at - 4 >= name.length && r.text(at + 4, at + 4 + name.length) === name;
  if (marker === 0xe0 && named("JFIF\0")) return shortened(r.cut(at, end), 14, 12);
  if (marker === 0xee && named("Adobe")) return shortened(r.cut(at, end), 12, 12);
  const coding = marker >= 0xc0 && marker <= 0xdf && marker !== 0xc8; // ITU-T T.81, Table B.1: not JPG, APPn, JPGn, COM, RES
  return coding || (marker === 0xe2 && named("ICC_PROFILE\0")) ? [r.cut(at, end)] : [];
}

/** shortened is a segment whose body has so many bytes, zeros from a place on; none, if it is shorter. */
function shortened(whole: Bytes, size: number, zeros: number): Bytes[] {
  if (whole.length < 4 + size) return [];
  const short = whole.slice(0, 4 + size);
  short[2] = 0;
  short[3] = 2 + size;
  short.fill(0, 4 + zeros);
  return [short];
}

/** scanEnd is where coded data ends: at a marker that is neither a stuffed byte nor a restart. */
function scanEnd(r: Reader, from: number): number {
  for (let at = r.bytes.indexOf(0xff, from); at >= 0; at = r.bytes.indexOf(0xff, at + 1)) {
    const next = r.u8(at + 1);
    if (next !== 0 && next !== 0xff && (next < 0xd0 || next > 0xd7)) return at;
  }
  throw new RangeError("ends too early");
}

/** orientation is tag 0x0112 of an Exif segment's first directory, 0 if it has none. */
function orientation(r: Reader, from: number, to: number): number {
  if (to - from < 14 || r.text(from, from + 4) !== "Exif") return 0;
  const base = from + 6;
  const little = r.text(base, base + 2) === "II";
  const directory = base + r.u32(base + 4, little);
  if (directory + 2 > to) return 0;
  for (let i = 0, n = r.u16(directory, little); i < n; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > to) return 0;
    if (r.u16(entry, little) === 0x0112) return Math.min(8, r.u16(entry + 8, little));
  }
  return 0;
}

/** turned is an Exif segment that says which way is up, and nothing else. */
function turned(orientation: number): Bytes {
  const exif = [0x45, 0x78, 0x69, 0x66, 0, 0];
  const tiff = [0x4d, 0x4d, 0, 42, 0, 0, 0, 8];
  const directory = [0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0];
  const body = [...exif, ...tiff, ...directory];
  return new Uint8Array([0xff, 0xe1, 0, body.length + 2, ...body]);
}

// ---- PNG

const pngSignature = "\x89PNG\r\n\x1a\n";
const pngKept = new Set("IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP sBIT bKGD pHYs cICP mDCV cLLI acTL fcTL fdAT".split(" "));

function png(file: Bytes): Bytes[] | null {
  const r = new Reader(file);
  if (r.text(0, 8) !== pngSignature) return null;
  const out = [r.cut(0, 8)];
  for (let at = 8; ; ) {
    const name = r.text(at + 4, at + 8);
    const end = at + 12 + r.u32(at);
    if (pngKept.has(name)) out.push(r.cut(at, end));
    if (name === "IEND") return out;
    at = end;
  }
}

// ---- WebP

const webpKept = new Set(["VP8X", "VP8 ", "VP8L", "ALPH", "ANIM", "ANMF", "ICCP"]);
/** Exif and XMP, in the flags of VP8X. */
const webpMeta = 0x08 | 0x04;

function webp(file: Bytes): Bytes[] | null {
  const r = new Reader(file);
  if (r.text(0, 4) !== "RIFF" || r.text(8, 12) !== "WEBP") return null;
  const stop = Math.min(file.length, 8 + r.u32(4, true));
  const chunks: Bytes[] = [];
  for (let at = 12; at + 8 <= stop; ) {
    const name = r.text(at, at + 4);
    const size = r.u32(at + 4, true);
    const end = at + 8 + size + (size & 1);
    if (webpKept.has(name)) chunks.push(name === "VP8X" ? unflagged(r.cut(at, end)) : r.cut(at, end));
    at = end;
  }
  if (chunks.length === 0) return null;
  const head = new Uint8Array(12);
  head.set(r.cut(0, 12));
  new DataView(head.buffer).setUint32(4, 4 + chunks.reduce((sum, c) => sum + c.length, 0), true);
  return [head, ...chunks];
}

function unflagged(chunk: Bytes): Bytes {
  const copy = chunk.slice();
  copy[8] = (copy[8] ?? 0) & ~webpMeta;
  return copy;
}

// ---- GIF

/** The extensions of applications that say how often an animation runs. */
const gifLoops = ["NETSCAPE2.0", "ANIMEXTS1.0"];

function gif(file: Bytes): Bytes[] | null {
  const r = new Reader(file);
  if (!/^GIF8[79]a$/.test(r.text(0, 6))) return null;
  const table = (flags: number): number => (flags & 0x80 ? 3 << ((flags & 7) + 1) : 0);
  let at = 13 + table(r.u8(10));
  const out = [r.cut(0, at)];
  for (;;) {
    const from = at;
    const kind = r.u8(at);
    if (kind === 0x3b) return [...out, r.cut(at, at + 1)];
    if (kind === 0x2c) {
      at = blocksEnd(r, at + 11 + table(r.u8(at + 9)));
      out.push(r.cut(from, at));
    } else if (kind === 0x21) {
      const label = r.u8(at + 1);
      at = blocksEnd(r, at + 2);
      const loops = label === 0xff && gifLoops.includes(r.text(from + 3, Math.min(from + 14, at)));
      if (label === 0xf9 || loops) out.push(r.cut(from, at));
    } else return null;
  }
}

/** blocksEnd is behind a run of blocks, which a block of no bytes ends. */
function blocksEnd(r: Reader, at: number): number {
  for (let size = r.u8(at); size > 0; size = r.u8(at)) at += size + 1;
  return at + 1;
}

// ---- whether it moves

/** moves says whether a picture is an animation: more than one frame of a GIF, a WebP that says so, a PNG with an animation. */
export function moves(file: Bytes, type: string): boolean {
  try {
    const r = new Reader(file);
    if (type === "image/webp") return r.text(12, 16) === "VP8X" && (r.u8(20) & 0x02) !== 0;
    if (type === "image/png") return (png(file) ?? []).some((c) => c.length >= 8 && String.fromCharCode(...c.subarray(4, 8)) === "acTL");
    if (type === "image/gif") return (gif(file) ?? []).filter((c, i) => i > 0 && c[0] === 0x2c).length > 1;
  } catch {
    // it ends too early
  }
  return false;
}
