import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { announce } from "../state/live";
import { t } from "../strings";
import "./feedback.css";

interface ToastNow {
  text: string;
  deed?: { label: string; do: () => void };
}

const now = signal<ToastNow | null>(null);
let timer: ReturnType<typeof setTimeout> | undefined;

/** toast shows a short sentence for a while, with one deed ("Undo") if there is one. It is also said aloud. */
export function toast(text: string, deed?: ToastNow["deed"]) {
  clearTimeout(timer);
  now.value = deed ? { text, deed } : { text };
  timer = setTimeout(() => (now.value = null), deed ? 8000 : 4000);
  announce(text);
}

/** Toasts is where they are shown: drawn once, by the shell. It is above open dialogs. */
export function Toasts() {
  const ref = useRef<HTMLDivElement>(null);
  const one = now.value;
  useEffect(() => {
    if (!ref.current) return;
    ref.current.togglePopover(false);
    if (one) ref.current.togglePopover(true);
  }, [one]);
  return (
    <div ref={ref} class="toasts" popover="manual" role="region" aria-label={t("settings.notifications")}>
      {one && (
        <div class="toast" key={one.text}>
          <span>{one.text}</span>
          {one.deed && (
            <button type="button" onClick={() => (one.deed?.do(), (now.value = null))}>
              {one.deed.label}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
