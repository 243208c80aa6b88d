/** Which part of a picture a sticker shows. Pure. */

/** A Crop: how much the picture is enlarged (1: all of it is in sight), and where its middle is, from -1 to 1. */
export interface Crop {
  zoom: number;
  x: number;
  y: number;
}

export const whole: Crop = { zoom: 1, x: 0, y: 0 };
export const mostZoom = 6;

/** fit is where a picture is drawn in a square: around its middle, moved by the crop. */
export function fit(width: number, height: number, edge: number, crop: Crop): { x: number; y: number; width: number; height: number } {
  const scale = (edge / Math.max(width, height)) * crop.zoom;
  const w = width * scale;
  const h = height * scale;
  return { x: (edge - w) / 2 + (crop.x * reach(w, edge)) / 2, y: (edge - h) / 2 + (crop.y * reach(h, edge)) / 2, width: w, height: h };
}

/** reach is how far a side can be moved, in all: what is beyond the square. */
function reach(side: number, edge: number): number {
  return Math.max(0, side - edge);
}

/** moved is a crop after the picture was dragged by so many pixels of a square. */
export function moved(crop: Crop, dx: number, dy: number, width: number, height: number, edge: number): Crop {
  const at = fit(width, height, edge, crop);
  const step = (d: number, side: number) => (reach(side, edge) > 0 ? (2 * d) / reach(side, edge) : 0);
  return { zoom: crop.zoom, x: bounded(crop.x + step(dx, at.width)), y: bounded(crop.y + step(dy, at.height)) };
}

/** zoomed is a crop at another zoom. */
export function zoomed(crop: Crop, zoom: number): Crop {
  return { ...crop, zoom: Math.min(mostZoom, Math.max(1, zoom)) };
}

/** filling is the crop that has nothing empty beside the picture. */
export function filling(width: number, height: number): Crop {
  return zoomed(whole, Math.max(width, height) / Math.max(1, Math.min(width, height)));
}

function bounded(n: number): number {
  return Math.max(-1, Math.min(1, n));
}
