/** A picture that is looked at closely: how much it is enlarged, and how far it is moved from the middle. Pure. */

import type { Size } from "./layout";

export interface Zoom {
  scale: number;
  /** in pixels of the window, from the middle */
  x: number;
  y: number;
}

/** A Point is in pixels of the window, from the middle of the stage. */
export interface Point {
  x: number;
  y: number;
}

export const unzoomed: Zoom = { scale: 1, x: 0, y: 0 };

/** The most that a picture is enlarged. */
export const mostScale = 8;

/** bounded keeps a picture of a size (as it is drawn at scale 1) in sight of the stage. */
export function bounded(z: Zoom, picture: Size, stage: Size): Zoom {
  const scale = Math.min(mostScale, Math.max(1, z.scale));
  const room = (drawn: number, seen: number): number => Math.max(0, (drawn * scale - seen) / 2);
  const [rx, ry] = [room(picture.width, stage.width), room(picture.height, stage.height)];
  return { scale, x: Math.min(rx, Math.max(-rx, z.x)) + 0, y: Math.min(ry, Math.max(-ry, z.y)) + 0 }; // -0 is 0
}

/** zoomed enlarges by a factor so that what is at a point stays there. */
export function zoomed(z: Zoom, by: number, at: Point, picture: Size, stage: Size): Zoom {
  const scale = Math.min(mostScale, Math.max(1, z.scale * by));
  const real = scale / z.scale;
  return bounded({ scale, x: at.x - (at.x - z.x) * real, y: at.y - (at.y - z.y) * real }, picture, stage);
}

/** pinched follows two fingers that were at a and are at b: they enlarge by how much farther apart they are, and move by their middle. */
export function pinched(z: Zoom, a: readonly [Point, Point], b: readonly [Point, Point], picture: Size, stage: Size): Zoom {
  const apart = ([p, q]: readonly [Point, Point]): number => Math.max(1, Math.hypot(p.x - q.x, p.y - q.y));
  const middle = ([p, q]: readonly [Point, Point]): Point => ({ x: (p.x + q.x) / 2, y: (p.y + q.y) / 2 });
  const [from, to] = [middle(a), middle(b)];
  const moved = { ...z, x: z.x + to.x - from.x, y: z.y + to.y - from.y };
  return zoomed(moved, apart(b) / apart(a), to, picture, stage);
}
