import { useEffect, useRef } from "preact/hooks";

/** How long a finger rests for a menu, in milliseconds, and how far it may move, in pixels. */
const long = 420;
const slack = 10;

/**
 * usePress calls open for a press of the other mouse button, and for a finger that
 * rests: iOS has no contextmenu event for that. The click that ends such a rest does
 * nothing, whatever is under the finger.
 */
export function usePress(open: (at: { x: number; y: number }) => void) {
  const now = useRef<{ timer: ReturnType<typeof setTimeout>; x: number; y: number } | null>(null);
  const rested = useRef(false);
  const stop = () => {
    if (now.current) clearTimeout(now.current.timer);
    now.current = null;
  };
  useEffect(() => stop, []);
  return {
    onPointerDown: (e: PointerEvent) => {
      stop();
      rested.current = false;
      if (e.pointerType === "mouse" || !e.isPrimary) return;
      const at = { x: e.clientX, y: e.clientY };
      const timer = setTimeout(() => {
        navigator.vibrate?.(8);
        rested.current = true;
        open(at);
      }, long);
      now.current = { timer, ...at };
    },
    onPointerMove: (e: PointerEvent) => {
      const p = now.current;
      if (p && Math.hypot(e.clientX - p.x, e.clientY - p.y) > slack) stop();
    },
    onClickCapture: (e: MouseEvent) => {
      if (!rested.current) return;
      rested.current = false;
      e.preventDefault();
      e.stopPropagation();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onContextMenu: (e: MouseEvent) => {
      const on = e.target instanceof Element ? e.target : null;
      // Links and what is selected keep the browser's own menu.
      if (on?.closest("a") || !on?.closest(".bubble") || getSelection()?.toString()) return;
      e.preventDefault();
      if ((e as PointerEvent).pointerType !== "touch") open({ x: e.clientX, y: e.clientY });
    },
  };
}
