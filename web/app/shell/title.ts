import { effect } from "@preact/signals";
import { phase, unread } from "../state";
import { t } from "../strings";

/** watchTitle keeps the number of unread conversations in the page's title and on the application's icon. */
export function watchTitle() {
  effect(() => {
    const n = phase.value === "ready" ? unread.value : 0;
    document.title = n > 0 ? t("shell.title", { n }) : t("app");
    const badge = n > 0 ? navigator.setAppBadge?.(n) : navigator.clearAppBadge?.();
    badge?.catch(() => undefined); // where the browser has no place for it
  });
}
