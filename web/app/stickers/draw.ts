/** Making stickers of pictures. */

import { fit, type Crop } from "./crop";

/** most bounds the bytes of a sticker: it goes inline in a message. */
const most = 40 * 1024;
/** Edges that are tried, in pixels, the best first. */
const edges = [512, 384, 320, 256, 192];

/** A picture that can't be made into a sticker. */
export class NoSticker extends Error {}

/** open reads a picture that a person chose. */
export async function open(file: Blob): Promise<ImageBitmap> {
  try {
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new NoSticker("not a picture");
  }
}

/** cropped makes a sticker of a part of a picture: a data: URL of a WebP, or PNG where the browser writes no WebP. */
export async function cropped(picture: ImageBitmap, crop: Crop): Promise<string> {
  return smallest((pen, edge) => {
    const at = fit(picture.width, picture.height, edge, crop);
    pen.drawImage(picture, at.x, at.y, at.width, at.height);
  }, edges);
}

/** rasterized makes a sticker of one of our drawings. */
export async function rasterized(svg: string): Promise<string> {
  const picture = new Image();
  picture.src = svg;
  await picture.decode();
  return smallest((pen, edge) => pen.drawImage(picture, 0, 0, edge, edge), [384, 320, 256]);
}

/** bitmapOf opens a sticker that is there. */
export function bitmapOf(data: string): Promise<ImageBitmap> {
  const [head = "", body = ""] = data.split(",", 2);
  const bytes = Uint8Array.from(atob(body), (c) => c.charCodeAt(0));
  return open(new Blob([bytes], { type: /^data:([^;]+)/.exec(head)?.[1] ?? "" }));
}

async function smallest(paint: (pen: CanvasRenderingContext2D, edge: number) => void, tried: readonly number[]): Promise<string> {
  for (const edge of tried) {
    const canvas = document.createElement("canvas");
    canvas.width = canvas.height = edge;
    const pen = canvas.getContext("2d");
    if (!pen) break;
    pen.imageSmoothingQuality = "high";
    paint(pen, edge);
    for (const quality of [0.86, 0.72, 0.55]) {
      const made = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/webp", quality));
      if (made && made.size <= most) return dataURL(made);
    }
  }
  throw new NoSticker("too large");
}

function dataURL(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("not read"));
    reader.readAsDataURL(blob);
  });
}
