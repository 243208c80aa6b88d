import type { Message } from "../../lib/core";
import { More, Reply, Smile } from "../icons";
import { t } from "../strings";
import { clock } from "../strings/dates";
import { IconButton } from "../ui";
import { canReact, canReply, menuOf } from "./deeds";
import { useView } from "./view";

/** Actions are the deeds beside a message while the mouse is on it. The keyboard has them on the line itself. */
export function Actions({ m, marked }: { m: Message; marked: boolean }) {
  const view = useView();
  const send = view.thread.info.value?.may_send ?? false;
  const at = (e: Event) => e.currentTarget as Element;
  return (
    <div class="actions">
      {!marked && <time class="actions-time">{clock(m.at_ms)}</time>}
      {send && canReact(m) && (
        <IconButton small tabIndex={-1} label={t("conversation.react")} icon={Smile} onClick={(e) => (view.picker.value = { message: m, at: at(e) })} />
      )}
      {send && canReply(m) && <IconButton small tabIndex={-1} label={t("conversation.reply")} icon={Reply} onClick={() => view.answer(m)} />}
      {menuOf(view, m, document.body).length > 0 && (
        <IconButton small tabIndex={-1} label={t("conversation.messageMenu")} icon={More} onClick={(e) => (view.menu.value = { message: m, at: at(e) })} />
      )}
    </div>
  );
}
