// The keyboard: each view says which keys it has, and the help shows them.
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";

/** A Shortcut is a key, what it does in words, and the doing; without do the browser or the row does it. */
export interface Shortcut {
  keys: string;
  words: string;
  do?: () => void;
  /** Repeats: a key that is held down does it again and again. */
  repeats?: boolean;
}

/** groups are those that are in force now, the newest last. */
export const groups = signal<readonly { title: string; of: () => Shortcut[] }[]>([]);

/** useKeys has a view's keys in force while it is drawn: as soon as it can be seen. */
export function useKeys(title: string, all: Shortcut[]) {
  const now = useRef(all);
  now.current = all;
  useLayoutEffect(() => {
    const group = { title, of: () => now.current };
    groups.value = [...groups.peek(), group];
    return () => {
      groups.value = groups.peek().filter((one) => one !== group);
    };
  }, []);
}

let first = ""; // the g of "g q"

/** watchKeys listens. Who writes, and who is in a dialog, isn't interrupted. */
export function watchKeys() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (["Shift", "CapsLock"].includes(event.key)) return;
    if (isTaken(event.target)) return void leaves(event);
    const key = keyOf(event);
    const pressed = first ? `${first} ${key}` : key;
    first = "";
    for (const group of [...groups.peek()].reverse()) {
      const found = group.of().find((one) => one.keys === pressed);
      if (!found?.do) continue;
      event.preventDefault();
      if (!event.repeat || found.repeats) found.do();
      return;
    }
    if (pressed === "g") first = "g";
  });
}

/** isTaken is whether a key is for something else: a field, a player, a dialog that is open, wherever the focus is. */
function isTaken(target: EventTarget | null): boolean {
  if (document.querySelector("dialog[open]")) return true;
  if (!(target instanceof Element)) return false;
  if (target instanceof HTMLInputElement) return !["radio", "checkbox"].includes(target.type);
  return target.closest("textarea, select, [contenteditable]") !== null;
}

/** leaves has Escape lead out of a field, so that the keys are the view's again. */
function leaves(event: KeyboardEvent) {
  if (event.key === "Escape" && !document.querySelector("dialog[open]")) document.querySelector<HTMLElement>("main")?.focus({ preventScroll: true });
}

/** keyOf is the key by what stands on it, without regard to Caps Lock; where another script is being written, by its place. */
function keyOf(event: KeyboardEvent): string {
  if (event.key.length === 1 && event.key > "~") return /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key;
  return event.key.length === 1 ? event.key.toLowerCase() : event.key;
}

/** sends has Ctrl and Enter in a field send what is written. */
export const sends = (send: () => unknown) => (event: KeyboardEvent) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing || event.repeat) return;
  event.preventDefault();
  void send();
};

/** moveRows moves the focus to the next or the previous row of the view. */
export function moveRows(by: 1 | -1) {
  const rows = [...document.querySelectorAll<HTMLElement>("main [data-row]")];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.max(0, Math.min(rows.length - 1, at + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

/** rowKeys are those of every list. */
export const rowKeys: Shortcut[] = [
  { keys: "j", words: "Next row", do: () => moveRows(1), repeats: true },
  { keys: "k", words: "Previous row", do: () => moveRows(-1), repeats: true },
  { keys: "Enter", words: "Open the row" },
];

/** fieldKeys are those in a field. */
export const fieldKeys: Shortcut[] = [
  { keys: "Ctrl Enter", words: "Send what is written" },
  { keys: "Esc", words: "Leave the field" },
];
