import type { ComponentChildren } from "preact";
import type { RoomLine } from "../../lib/core";
import { At, Mute, Pin } from "../icons";
import { openRoom, phase, typing } from "../state";
import { goToRoom } from "../state/route";
import { write } from "../state/address";
import { t } from "../strings";
import { dateAndClock, shortTime } from "../strings/dates";
import { Avatar, Count, Skeleton } from "../ui";
import { roomFace } from "./faces";
import { lastText, lastWho, typingText } from "./lastLine";
import { Ticks } from "./Ticks";
import "./row.css";

export interface RoomRowProps {
  line: RoomLine;
  /** The list that it stands in, for its address. */
  folder?: "" | "requests" | "archived";
  /** Whether the tab key stops here: at one row of a list. */
  stop: boolean;
}

/** RoomRow is a conversation in the list: a link to it. */
export function RoomRow({ line, folder = "", stop }: RoomRowProps) {
  const address = write({ at: "chats", folder, room: line.room, message: "" });
  const isOpen = openRoom.value === line.room;
  return (
    <a
      class={line.unread > 0 ? "room new" : "room"}
      href={address}
      draggable={false}
      data-room={line.room}
      aria-current={isOpen ? "page" : undefined}
      tabIndex={stop ? 0 : -1}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        goToRoom(line.room);
      }}
    >
      <RoomWords line={line} />
    </a>
  );
}

/** RoomWords is what a row shows: picture, title, time, last line, marks. */
export function RoomWords({ line, children }: { line: RoomLine; children?: ComponentChildren }) {
  return (
    <>
      <Avatar {...roomFace(line)} />
      <span class="room-words">
        <span class="room-first">
          <bdi class="room-title one-line">{line.title}</bdi>
          {line.at_ms > 0 && (
            <time class="room-time" dateTime={new Date(line.at_ms).toISOString()} title={dateAndClock(line.at_ms)}>
              {shortTime(line.at_ms)}
            </time>
          )}
        </span>
        <span class="room-second">
          <LastLine line={line} />
          <Marks line={line} />
        </span>
        {children}
      </span>
    </>
  );
}

function LastLine({ line }: { line: RoomLine }) {
  if (phase.value === "starting") {
    return (
      <span class="room-last">
        <Skeleton shape="w70" />
      </span>
    );
  }
  const writes = typingText(line, typing.value.get(line.room));
  if (writes) {
    return (
      <span class="room-last typing">
        <span class="one-line">{writes}</span>
      </span>
    );
  }
  if (line.draft?.trim() && openRoom.value !== line.room) {
    return (
      <span class="room-last">
        <span class="draft">{t("list.draft")}</span>
        <bdi class="one-line">{line.draft}</bdi>
      </span>
    );
  }
  const own = line.last?.own && line.last.kind !== "notice";
  const who = lastWho(line);
  return (
    <span class="room-last">
      {own && line.last && <Ticks state={line.last.state} />}
      {who && <span class="who one-line">{who}</span>}
      <bdi class="one-line">{lastText(line.last)}</bdi>
    </span>
  );
}

function Marks({ line }: { line: RoomLine }) {
  return (
    <span class="room-marks">
      {line.muted && <Mark icon={Mute} words={t("list.muted")} />}
      {line.pinned && <Mark icon={Pin} words={t("list.pinned")} />}
      {line.mention && (
        <span class="mark-at">
          <Mark icon={At} words={t("list.mention")} />
        </span>
      )}
      {line.unread > 0 && (
        <>
          <Count n={line.unread} calm={line.muted} />
          <span class="unseen">{line.unread > 99 ? t("list.unreadMany") : t("list.unread", { n: line.unread })}</span>
        </>
      )}
    </span>
  );
}

function Mark({ icon: Picture, words }: { icon: typeof Mute; words: string }) {
  return (
    <>
      <Picture size={1} />
      <span class="unseen">{words}.</span>
    </>
  );
}
