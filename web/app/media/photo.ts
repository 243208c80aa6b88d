/** Photos: what is shown of one before it is sent, and what is sent. */

import { canvasOf, encoded, thumbOf } from "./canvas";
import { bareType, drawn } from "./kinds";
import { fitInto, type Size } from "./layout";
import { moves, stripped } from "./strip";

/** The longest edge of a photo that isn't sent in its original size. */
const edge = 2048;
/** The longest edge that a canvas surely can have. */
const mostEdge = 8192;
/** Photos above this are made anew in any case: they'd be read whole to take out what they tell. */
const mostStripped = 64 << 20;

/** An OpenedPhoto is what a chosen one is like. */
export interface OpenedPhoto extends Size {
  thumb: string;
  /** it is an animation */
  moves: boolean;
}

/** openPhoto looks at a chosen photo. It throws if the browser can't draw it. */
export async function openPhoto(file: Blob): Promise<OpenedPhoto> {
  const picture = await bitmap(file);
  try {
    const size = { width: picture.width, height: picture.height };
    return { ...size, thumb: thumbOf(picture, size), moves: await animated(file) };
  } finally {
    picture.close();
  }
}

function bitmap(file: Blob): Promise<ImageBitmap> {
  return createImageBitmap(file, { imageOrientation: "from-image" });
}

/** animated says whether a picture is an animation. */
export async function animated(file: Blob): Promise<boolean> {
  return file.size <= mostStripped && moves(new Uint8Array(await file.arrayBuffer()), bareType(file.type));
}

/** A MadePhoto is ready to be sent: it says nothing of where and when it was taken. */
export interface MadePhoto extends Size {
  file: Blob;
  type: string;
}

/**
 * madePhoto is a photo as it is sent: made smaller, or in its original size. An
 * animation keeps its frames. One whose type isn't known to be free of what it
 * tells is made anew.
 */
export async function madePhoto(file: Blob, original: boolean, moving: boolean): Promise<MadePhoto> {
  const picture = await bitmap(file);
  try {
    const size = { width: picture.width, height: picture.height };
    const bare = file.size <= mostStripped && drawn(file.type) ? await clean(file, bareType(file.type)) : null;
    if (bare && (moving || original)) return { file: bare, type: bare.type, ...size };
    const small = fitInto(size, original ? mostEdge : edge);
    const made = await anew(picture, small, original ? 0.95 : 0.85);
    if (bare && bare.size <= made.size && small.width === size.width) return { file: bare, type: bare.type, ...size };
    return { file: made, type: made.type, ...small };
  } finally {
    picture.close();
  }
}

async function clean(file: Blob, type: string): Promise<Blob | null> {
  const parts = stripped(new Uint8Array(await file.arrayBuffer()), type);
  return parts && new Blob(parts, { type });
}

async function anew(picture: ImageBitmap, size: Size, quality: number): Promise<Blob> {
  const made = (await encoded(canvasOf(picture, size), "image/webp", quality)) ?? (await encoded(canvasOf(picture, size, "#fff"), "image/jpeg", quality));
  if (!made) throw new Error("not made");
  return made;
}
