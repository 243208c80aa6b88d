import { useRef, useState } from "preact/hooks";
import type { Message } from "../../lib/core";
import { faceOf } from "../list/faces";
import { spokenOf } from "../media/words";
import { t } from "../strings";
import { clock } from "../strings/dates";
import { Avatar } from "../ui";
import { Actions } from "./Actions";
import { Bubble } from "./Bubble";
import { canReply, menuOf, textOf } from "./deeds";
import type { Place } from "./grouping";
import { Reactions } from "./Reactions";
import { usePress } from "./usePress";
import { useSwipe } from "./useSwipe";
import { useTab } from "./useTab";
import { shortName, useView, type View } from "./view";
import { keyOf } from "./window";
import "./message.css";

/** MessageRow is a message: whose it is, its bubble, the reactions below and the deeds beside it. */
export function MessageRow({ m, place, marked }: { m: Message; place: Place; marked: boolean }) {
  const view = useView();
  const row = useRef<HTMLDivElement>(null);
  const [near, setNear] = useState(false);
  const tab = useTab(m);
  const person = view.personOf(m.from);
  const group = !view.direct.value && !m.own;
  const open = (at: { x: number; y: number }) => {
    if (menuOf(view, m, at).length > 0) view.menu.value = { message: m, at: row.current?.querySelector(".bubble") ?? at };
  };
  const press = usePress(open);
  const swipe = useSwipe(row, view.thread.info.value?.may_send && canReply(m) ? () => view.answer(m) : null);
  return (
    <div
      ref={row}
      class="message"
      data-line={keyOf(m)}
      role="article"
      aria-label={spoken(m, view)}
      {...tab}
      {...press}
      {...swipe}
      onPointerEnter={(e) => e.pointerType === "mouse" && setNear(true)}
      onPointerLeave={() => setNear(false)}
    >
      {group && place.first && (
        <div class="sender">
          <bdi>{view.nameOf(m.from)}</bdi>
        </div>
      )}
      <div class="message-body">
        {group && (
          <span class="face">
            {place.last && <Avatar {...(person ? faceOf(person) : { id: m.from, name: shortName(m.from) })} size="s" />}
          </span>
        )}
        <div class="stack">
          <Bubble m={m} marked={marked} />
          {m.reactions.length > 0 && <Reactions m={m} />}
        </div>
        {near && <Actions m={m} marked={marked} />}
      </div>
    </div>
  );
}

/** spoken is a message as it is read aloud. */
function spoken(m: Message, view: View): string {
  const pieces = [t(m.own ? "conversation.lineYou" : "conversation.line", { who: view.nameOf(m.from), time: clock(m.at_ms), text: said(m, view) })];
  if (m.reply) pieces.push(t("conversation.lineReply", { name: view.nameOf(m.reply.from), text: m.reply.blocked ? t("conversation.quoteBlocked") : m.reply.text }));
  if (m.edited && !m.unsent) pieces.push(t("conversation.edited"));
  if (m.own && m.state !== "received") pieces.push(t(`conversation.state.${m.state}`));
  if (m.reactions.length > 0) pieces.push(t("conversation.lineReactions", { list: m.reactions.map((r) => r.emoji).join(" ") }));
  return pieces.map((p) => (/[.!?…؟]$/.test(p) ? p : `${p}.`)).join(" ");
}

function said(m: Message, view: View): string {
  if (m.unsent) return m.own ? t("conversation.unsentOwn") : t("conversation.unsent", { name: view.nameOf(m.from) });
  if (m.kind === "unknown") return t("conversation.unknown");
  const pieces = [m.forwarded && t("conversation.forwarded"), spokenOf(m), textOf(m).slice(0, 1000)];
  return pieces.filter(Boolean).join(". ");
}
