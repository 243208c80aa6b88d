import type { Message } from "../../lib/core";
import { t } from "../strings";
import { useTab } from "./useTab";
import { useView } from "./view";
import { keyOf } from "./window";

/** Folded is one calm line for what somebody who is blocked wrote to a group; a press shows it, until the conversation is left. */
export function Folded({ m }: { m: Message }) {
  const view = useView();
  const tab = useTab(m);
  const text = t("conversation.folded", { name: view.nameOf(m.from) });
  const open = () => view.unfold(m.from);
  const key = (e: KeyboardEvent) => {
    if (e.key === "Enter" && e.target === e.currentTarget) open();
  };
  return (
    <div class="notice" data-line={keyOf(m)} {...tab} onKeyDown={key} role="article" aria-label={text}>
      <span>
        {text}{" "}
        <button type="button" class="unfold" onClick={open}>
          {t("conversation.unfold")}
        </button>
      </span>
    </div>
  );
}
