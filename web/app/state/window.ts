import { signal } from "@preact/signals";

function follow(query: string) {
  const list = matchMedia(query);
  const now = signal(list.matches);
  list.addEventListener("change", () => (now.value = list.matches));
  return now;
}

/** wide is whether two panes fit beside one another. */
export const wide = follow("(min-width: 760px)");

/** calm is whether the person asked for less motion. */
export const calm = follow("(prefers-reduced-motion: reduce)");

/** watched is whether the page is in front of somebody: in sight and focused. */
export const watched = signal(isWatched());

function isWatched(): boolean {
  return document.visibilityState === "visible" && document.hasFocus();
}

/** watchWindow keeps watched. */
export function watchWindow() {
  const look = () => (watched.value = isWatched());
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("blur", look);
}
