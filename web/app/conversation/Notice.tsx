import type { Message } from "../../lib/core";
import { dateAndClock } from "../strings/dates";
import { noticeText } from "./notices";
import { useTab } from "./useTab";
import { useView } from "./view";
import { keyOf } from "./window";

/** Notice is one calm line about what happened. Those about devices and safety numbers lead to who can read. */
export function Notice({ m }: { m: Message }) {
  const view = useView();
  const tab = useTab(m);
  const leads = ["device_added", "device_removed", "reset", "verified_changed", "opened"].includes(m.notice ?? "");
  const text = noticeText(m, view);
  const open = () => (view.panel.value = { kind: "readers" });
  const key = (e: KeyboardEvent) => {
    if (leads && e.key === "Enter" && e.target === e.currentTarget) open();
  };
  return (
    <div class="notice" data-line={keyOf(m)} {...tab} onKeyDown={key} role="article" aria-label={text} title={dateAndClock(m.at_ms)}>
      {leads ? (
        <button type="button" tabIndex={-1} onClick={open}>
          {text}
        </button>
      ) : (
        <span>{text}</span>
      )}
    </div>
  );
}
