import { signal } from "@preact/signals";

/** said is what the one live region holds: see announce. */
export const said = signal("");

/** announce has a screen reader say something, when it has nothing more urgent to say. */
export function announce(text: string) {
  said.value = said.value === text ? `${text}\u00a0` : text;
}
