import type { RefObject } from "preact";
import { useRef } from "preact/hooks";

/** How far a finger draws a message for an answer, and how far it can be drawn, in pixels. */
const enough = 56;
const most = 72;

/** useSwipe lets a finger draw a message towards the page's start or end, and calls answer when it was drawn far enough; null: it stays. */
export function useSwipe(row: RefObject<HTMLElement | null>, answer: (() => void) | null) {
  const from = useRef<{ x: number; y: number; by: number } | null>(null);
  const body = () => row.current?.querySelector<HTMLElement>(".message-body");
  const move = (e: TouchEvent) => {
    const [start, finger] = [from.current, e.touches[0]];
    if (!start || !finger) return;
    const dx = finger.clientX - start.x;
    if (Math.abs(finger.clientY - start.y) > Math.max(16, Math.abs(dx))) return end(); // one scrolls
    const inwards = document.documentElement.dir === "rtl" ? -dx : dx;
    start.by = Math.max(0, Math.min(most, inwards - 12));
    row.current?.classList.add("swiped");
    body()?.style.setProperty("transform", `translateX(${Math.sign(dx) * start.by}px)`);
  };
  const end = () => {
    const far = (from.current?.by ?? 0) >= enough;
    from.current = null;
    row.current?.classList.remove("swiped");
    body()?.style.removeProperty("transform");
    if (far) answer?.();
  };
  if (!answer) return {};
  return {
    onTouchStart: (e: TouchEvent) => {
      const finger = e.touches[0];
      from.current = finger && e.touches.length === 1 ? { x: finger.clientX, y: finger.clientY, by: 0 } : null;
    },
    onTouchMove: move,
    onTouchEnd: end,
    onTouchCancel: end,
  };
}
