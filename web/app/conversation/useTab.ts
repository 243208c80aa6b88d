import type { Message } from "../../lib/core";
import { useView } from "./view";
import { keyOf } from "./window";

/** useTab makes a line one that the Tab key reaches: the one that had the focus last, else the newest. */
export function useTab(m: Message): { tabIndex: number; onFocus: () => void } {
  const view = useView();
  const key = keyOf(m);
  const all = view.thread.window.value.messages;
  const newest = all[all.length - 1];
  const wanted = view.current.value || (newest ? keyOf(newest) : "");
  return { tabIndex: wanted === key ? 0 : -1, onFocus: () => (view.current.value = key) };
}
