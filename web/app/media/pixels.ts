/**
 * How large a picture is that somebody sent, read from its first bytes before it is
 * drawn: one of a few bytes may fill all memory, and one that says it is a photo may
 * be something else. Pure.
 *
 * PNG, third edition, Section 11.2.1; ITU-T T.81 (09/92), Section B.2.2; GIF89a,
 * Section 18; RFC 9649, Sections 2.5 to 2.7.
 */

import type { Size } from "./layout";

/** The most pixels that a picture of a message may have. */
export const mostPixels = 100e6;

/** The most of a small one, that comes in a message itself. */
export const mostSmall = 1e6;

/** sizeOf is a picture's size as its bytes say; null: they aren't a picture of the type that was said. */
export function sizeOf(bytes: Uint8Array, type: string): Size | null {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    switch (type) {
      case "image/png":
        return view.getUint32(0) === 0x89504e47 && view.getUint32(12) === 0x49484452 ? real(view.getUint32(16), view.getUint32(20)) : null;
      case "image/gif":
        return view.getUint32(0) === 0x47494638 ? real(view.getUint16(6, true), view.getUint16(8, true)) : null;
      case "image/jpeg":
        return jpegSize(view);
      case "image/webp":
        return webpSize(view);
    }
  } catch {
    // it ends too early
  }
  return null;
}

function real(width: number, height: number): Size | null {
  return width > 0 && height > 0 ? { width, height } : null;
}

function jpegSize(view: DataView): Size | null {
  if (view.getUint16(0) !== 0xffd8) return null;
  for (let at = 2; ; ) {
    if (view.getUint8(at) !== 0xff) return null;
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) at++;
    else if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) return real(view.getUint16(at + 7), view.getUint16(at + 5));
    else if (marker === 0xd9 || marker === 0xda) return null;
    else at += 2 + view.getUint16(at + 2);
  }
}

function webpSize(view: DataView): Size | null {
  if (view.getUint32(0) !== 0x52494646 || view.getUint32(8) !== 0x57454250) return null;
  const u24 = (at: number): number => view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
  switch (view.getUint32(12)) {
    case 0x56503858: // VP8X
      return real(u24(24) + 1, u24(27) + 1);
    case 0x5650384c: { // VP8L
      const bits = view.getUint32(21, true);
      return view.getUint8(20) === 0x2f ? real((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1) : null;
    }
    case 0x56503820: // VP8
      return real(view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  }
  return null;
}

/** fits says whether a picture may be drawn: it is what it says, and of a bearable size. */
export function fits(bytes: Uint8Array, type: string, most = mostPixels): boolean {
  const size = sizeOf(bytes, type);
  return size !== null && size.width * size.height <= most;
}

/** How many bytes tell the size of a picture; those of a JPEG may come after a long profile. */
const head = 1 << 20;

/** drawable says it of a picture that has arrived. */
export async function drawable(picture: Blob, type: string): Promise<boolean> {
  return fits(new Uint8Array(await picture.slice(0, head).arrayBuffer()), type);
}

/** smallPicture is a data: URL of a JPEG, PNG or WebP that may be drawn, or ''. */
export function smallPicture(url: string): string {
  const parts = /^data:(image\/(?:jpeg|png|webp));base64,([A-Za-z0-9+/=]+)$/.exec(url);
  if (!parts) return "";
  try {
    const bytes = Uint8Array.from(atob(parts[2]!), (c) => c.charCodeAt(0));
    return fits(bytes, parts[1]!, mostSmall) ? url : "";
  } catch {
    return "";
  }
}
