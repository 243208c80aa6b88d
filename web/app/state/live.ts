import { signal } from "@preact/signals";

/** said is what the one live region holds: see announce. */
export const said = signal("");

/** How long it stays there for whoever reads the page line by line, in milliseconds. */
const stay = 8000;

let timer: ReturnType<typeof setTimeout> | undefined;

/** announce has a screen reader say something, when it has nothing more urgent to say. */
export function announce(text: string) {
  clearTimeout(timer);
  said.value = said.value === text ? `${text}\u00a0` : text;
  timer = setTimeout(() => (said.value = ""), stay);
}
