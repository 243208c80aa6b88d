const edge = 128;
const most = 12 * 1024;

/**
 * squarePicture makes a picture of at most 12 KiB from an image: its middle, 128
 * pixels square, as a data: URL of WebP, or of JPEG where the browser has no WebP.
 * It throws if the file is no image.
 */
export async function squarePicture(file: Blob): Promise<string> {
  const image = await createImageBitmap(file, { imageOrientation: "from-image" });
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = edge;
  const pen = canvas.getContext("2d");
  if (!pen) throw new Error("no canvas");
  const side = Math.min(image.width, image.height);
  pen.imageSmoothingQuality = "high";
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, edge, edge);
  pen.drawImage(image, (image.width - side) / 2, (image.height - side) / 2, side, side, 0, 0, edge, edge);
  image.close();
  for (const type of ["image/webp", "image/jpeg"]) {
    for (const quality of [0.85, 0.7, 0.5, 0.3, 0.1]) {
      const made = await encode(canvas, type, quality);
      if (made && made.type === type && made.size <= most) return dataURL(made);
    }
  }
  throw new Error("too large");
}

function encode(canvas: HTMLCanvasElement, type: string, quality: number): Promise<Blob | null> {
  return new Promise((resolve) => canvas.toBlob(resolve, type, quality));
}

function dataURL(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("not read"));
    reader.readAsDataURL(blob);
  });
}
