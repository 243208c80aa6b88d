import { useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { Message } from "../../lib/core";
import { ArrowDown } from "../icons";
import { Sending } from "../media/Sending";
import { watched } from "../state";
import { t } from "../strings";
import { IconButton, Spinner } from "../ui";
import { Scroller } from "./scroller";
import { Start } from "./Start";
import { TypingRow } from "./TypingRow";
import { useView, type View } from "./view";

/**
 * MessageList is the lines of a conversation in a box that scrolls. Only those in
 * sight are drawn; it stays at its end while new ones come, and keeps its place
 * when older ones are put before the others.
 */
export function MessageList() {
  const view = useView();
  const list = useMemo(() => new Scroller(view), [view]);
  const thread = view.thread;
  const { messages, older } = thread.window.value;
  const turn = thread.turn.value;
  const box = useRef<HTMLDivElement>(null);
  const handle = useRef<VirtualizerHandle>(null);
  list.box = box;
  list.handle = handle;

  useLayoutEffect(() => list.land(), [turn]);
  useLayoutEffect(() => list.changed(), [messages]);
  useEffect(() => list.start(), [list]);
  useSignalEffect(() => {
    if (watched.value) list.look();
  });

  return (
    <div class="lines-frame">
      <div
        ref={box}
        class="lines scroll"
        role="log"
        aria-live="off"
        aria-label={t("conversation.messages")}
        aria-busy={thread.phase.value === "loading"}
        tabIndex={messages.length === 0 ? 0 : -1}
        onKeyDown={(event) => list.key(event)}
      >
        <div class="lines-room" />
        {thread.phase.value === "ready" && messages.length === 0 && <Start />}
        <Virtualizer
          key={turn}
          ref={handle}
          scrollRef={box}
          data={messages}
          shift={thread.prepended}
          bufferSize={600}
          keepMounted={list.kept()}
          onScroll={(offset) => list.scrolled(offset)}
          onScrollEnd={() => list.rested()}
          onResize={() => list.resized()}
        >
          {(m: Message, i: number) => list.line(messages, m, i) as never}
        </Virtualizer>
        <div ref={list.tail}>
          <Sending />
          <TypingRow />
        </div>
      </div>
      {(thread.phase.value === "loading" || (older && list.atStart.value)) && (
        <div class="lines-wait">
          <Spinner />
          <span class="unseen">{t("conversation.loading")}</span>
        </div>
      )}
      <ToEnd list={list} view={view} />
    </div>
  );
}

function ToEnd({ list, view }: { list: Scroller; view: View }) {
  const newer = view.thread.window.value.newer;
  const n = newer ? (view.thread.info.value?.unread ?? 0) : view.thread.below.value;
  if (!list.away.value && !newer) return null;
  const label = n > 0 ? t("conversation.toNewestCount", { n }) : t("conversation.toNewest");
  return <IconButton class="to-end" label={label} icon={ArrowDown} count={n} onClick={() => void list.toEnd()} />;
}
