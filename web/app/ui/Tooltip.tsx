import { useEffect, useRef } from "preact/hooks";
import "./feedback.css";

/**
 * Tooltips shows the data-tip of whatever the pointer rests on or the keyboard has
 * reached: drawn once, by the shell. The words are the element's name already, so
 * screen readers don't need it.
 */
export function Tooltips() {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const tip = ref.current;
    if (!tip) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const hide = () => {
      clearTimeout(timer);
      tip.togglePopover(false);
    };
    const soon = (event: Event, after: number) => {
      hide();
      const over = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tip]") : null;
      if (over) timer = setTimeout(() => show(tip, over), after);
    };
    const hover = (event: PointerEvent) => event.pointerType === "mouse" && soon(event, 500);
    const focus = (event: FocusEvent) => event.target instanceof Element && event.target.matches(":focus-visible") && soon(event, 300);
    const key = (event: KeyboardEvent) => event.key === "Escape" && hide();
    document.addEventListener("pointerover", hover);
    document.addEventListener("pointerdown", hide, true);
    document.addEventListener("focusin", focus);
    document.addEventListener("focusout", hide);
    document.addEventListener("keydown", key, true);
    return () => {
      document.removeEventListener("pointerover", hover);
      document.removeEventListener("pointerdown", hide, true);
      document.removeEventListener("focusin", focus);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("keydown", key, true);
    };
  }, []);
  return <div ref={ref} class="tooltip" popover="manual" aria-hidden="true" />;
}

function show(tip: HTMLElement, over: HTMLElement) {
  if (!over.isConnected || over.getAttribute("aria-expanded") === "true") return;
  tip.textContent = over.dataset.tip ?? "";
  tip.togglePopover(true);
  const box = over.getBoundingClientRect();
  const left = box.left + box.width / 2 - tip.offsetWidth / 2;
  const below = box.bottom + 6;
  tip.style.left = `${Math.max(6, Math.min(left, innerWidth - tip.offsetWidth - 6))}px`;
  tip.style.top = `${below + tip.offsetHeight > innerHeight ? box.top - tip.offsetHeight - 6 : below}px`;
}
