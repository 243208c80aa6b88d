/** Fingers, mouse and wheel on a photo in the viewer. */

import type { RefObject } from "preact";
import type { Size } from "./layout";
import { bounded, pinched, unzoomed, zoomed, type Point, type Zoom } from "./zoom";

/** How much a double press enlarges. */
const double = 2.5;
/** Two presses within so many milliseconds are a double one. */
const pause = 300;
/** How far a finger goes for another photo, or away, in pixels. */
const far = 70;

interface Tell {
  onSwipe: (by: number) => void;
  onAway: () => void;
}

export class Gestures {
  private z: Zoom = unzoomed;
  private readonly down = new Map<number, Point>();
  private begin: Point | null = null;
  private moved = false;
  private tapped = { at: 0, x: 0, y: 0 };

  constructor(
    private readonly box: RefObject<HTMLElement | null>,
    private readonly picture: RefObject<HTMLElement | null>,
    public tell: Tell,
  ) {}

  /** start listens to the wheel, which Preact would listen to without being able to stop it. */
  start(): () => void {
    const box = this.box.current;
    const wheel = (e: WheelEvent) => {
      e.preventDefault();
      this.set(zoomed(this.z, Math.exp(-e.deltaY / (e.ctrlKey ? 100 : 400)), this.point(e), this.drawn(), this.stage()));
    };
    box?.addEventListener("wheel", wheel, { passive: false });
    return () => box?.removeEventListener("wheel", wheel);
  }

  zoom(by: number): void {
    this.set(zoomed(this.z, by, { x: 0, y: 0 }, this.drawn(), this.stage()), true);
  }

  reset(): void {
    this.set(unzoomed, true);
  }

  private stage(): Size {
    const box = this.box.current;
    return { width: box?.clientWidth ?? 1, height: box?.clientHeight ?? 1 };
  }

  private drawn(): Size {
    const p = this.picture.current;
    return { width: p?.offsetWidth ?? 1, height: p?.offsetHeight ?? 1 };
  }

  private point(e: { clientX: number; clientY: number }): Point {
    const box = this.box.current?.getBoundingClientRect();
    return box ? { x: e.clientX - box.left - box.width / 2, y: e.clientY - box.top - box.height / 2 } : { x: 0, y: 0 };
  }

  private set(z: Zoom, smooth = false): void {
    this.z = z;
    const p = this.picture.current;
    if (!p) return;
    p.classList.toggle("smooth", smooth);
    p.style.transform = z.scale === 1 && z.x === 0 && z.y === 0 ? "" : `translate(${z.x}px, ${z.y}px) scale(${z.scale})`;
  }

  readonly handlers = {
    onPointerDown: (e: PointerEvent) => {
      if (e.button !== 0 || (e.target as Element).closest("button")) return;
      this.box.current?.setPointerCapture(e.pointerId);
      this.down.set(e.pointerId, this.point(e));
      if (this.down.size === 1) [this.begin, this.moved] = [this.point(e), false];
    },
    onPointerMove: (e: PointerEvent) => this.move(e),
    onPointerUp: (e: PointerEvent) => this.up(e),
    onPointerCancel: (e: PointerEvent) => void this.down.delete(e.pointerId),
  };

  private move(e: PointerEvent): void {
    const was = this.down.get(e.pointerId);
    if (!was) return;
    const now = this.point(e);
    const others = [...this.down].filter(([id]) => id !== e.pointerId);
    const other = others[0]?.[1];
    this.down.set(e.pointerId, now);
    if (this.begin && Math.hypot(now.x - this.begin.x, now.y - this.begin.y) > 8) this.moved = true;
    if (other) {
      this.moved = true;
      this.begin = null;
      this.set(pinched(this.z, [was, other], [now, other], this.drawn(), this.stage()));
    } else if (this.z.scale > 1) this.set(bounded({ ...this.z, x: this.z.x + now.x - was.x, y: this.z.y + now.y - was.y }, this.drawn(), this.stage()));
  }

  private up(e: PointerEvent): void {
    if (!this.down.delete(e.pointerId) || this.down.size > 0) return;
    const now = this.point(e);
    const from = this.begin;
    this.begin = null;
    if (!this.moved) this.tap(e, now);
    else if (from && this.z.scale === 1 && e.pointerType !== "mouse") this.swipe(now.x - from.x, now.y - from.y);
  }

  private swipe(x: number, y: number): void {
    const rtl = document.documentElement.dir === "rtl";
    if (Math.abs(x) > far && Math.abs(x) > 1.5 * Math.abs(y)) this.tell.onSwipe((x < 0) !== rtl ? 1 : -1);
    else if (y > far && y > 1.5 * Math.abs(x)) this.tell.onAway();
  }

  private tap(e: PointerEvent, now: Point): void {
    const again = e.timeStamp - this.tapped.at < pause && Math.hypot(e.clientX - this.tapped.x, e.clientY - this.tapped.y) < 40;
    this.tapped = { at: again ? 0 : e.timeStamp, x: e.clientX, y: e.clientY };
    if (again) this.set(this.z.scale > 1 ? unzoomed : zoomed(this.z, double, now, this.drawn(), this.stage()), true);
    else if (e.pointerType === "mouse" && this.z.scale === 1 && this.beside(e)) this.tell.onAway();
  }

  private beside(e: PointerEvent): boolean {
    const p = this.picture.current?.getBoundingClientRect();
    return p !== undefined && (e.clientX < p.left || e.clientX > p.right || e.clientY < p.top || e.clientY > p.bottom);
  }
}
