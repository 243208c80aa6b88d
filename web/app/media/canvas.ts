/** Pictures through a canvas: what is drawn on it holds nothing but what is seen. */

import { rgbaToThumbHash } from "thumbhash";
import { fitInto, type Size } from "./layout";

/** A Drawn picture, or the frame of a video that is shown. */
export type Drawn = ImageBitmap | HTMLVideoElement;

/** canvasOf draws a picture of a size at another one. ground is the color below what can be seen through, if there is one. */
export function canvasOf(picture: Drawn, size: Size, ground?: string): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = size.width;
  canvas.height = size.height;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  pen.imageSmoothingQuality = "high";
  if (ground) {
    pen.fillStyle = ground;
    pen.fillRect(0, 0, size.width, size.height);
  }
  pen.drawImage(picture, 0, 0, size.width, size.height);
  return canvas;
}

/** encoded is a canvas as a file of a type; null where the browser can't make it. */
export async function encoded(canvas: HTMLCanvasElement, type: string, quality: number): Promise<Blob | null> {
  const made = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, type, quality));
  return made?.type === type ? made : null;
}

/** thumbOf is a picture's ThumbHash in base64: some 25 bytes. */
export function thumbOf(picture: Drawn, size: Size): string {
  const small = fitInto(size, 100);
  const canvas = canvasOf(picture, small);
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, small.width, small.height);
  return btoa(String.fromCharCode(...rgbaToThumbHash(small.width, small.height, data)));
}

/** smallOf is a picture as a data: URL of at most so many bytes; '' if it can't be made so small. */
export async function smallOf(picture: Drawn, size: Size, most: number): Promise<string> {
  for (const edge of [480, 360, 240, 160]) {
    const canvas = canvasOf(picture, fitInto(size, edge), "#000");
    for (const type of ["image/webp", "image/jpeg"]) {
      for (const quality of [0.7, 0.5, 0.3]) {
        const made = await encoded(canvas, type, quality);
        if (made && made.size <= most) return dataURL(made);
      }
    }
  }
  return "";
}

/** dataURL is a file as a data: URL. */
export function dataURL(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("not read"));
    reader.readAsDataURL(file);
  });
}
