import type { ComponentChildren, RefObject } from "preact";
import { useRef, useState } from "preact/hooks";
import { Virtualizer, type VirtualizerHandle } from "virtua";
import type { RoomLine } from "../../lib/core";
import { More } from "../icons";
import { openRoom } from "../state";
import { t } from "../strings";
import { Menu, MenuButton, type Anchor } from "../ui";
import { roomMenu, rowKey } from "./deeds";
import { RoomRow } from "./RoomRow";

export interface RoomListProps {
  lines: RoomLine[];
  folder: "" | "archived";
  /** Above and below the rows, in the same scroller. */
  head?: ComponentChildren;
  foot?: ComponentChildren;
}

/**
 * RoomList is a list of conversations, of which only those in sight are drawn. One
 * row takes the tab key; from there the arrows move, and keys do what the menu of a
 * row does.
 */
export function RoomList({ lines, folder, head, foot }: RoomListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const handle = useRef<VirtualizerHandle>(null);
  const [stop, setStop] = useState("");
  const [menu, openMenu] = useState<{ line: RoomLine; at: Anchor } | null>(null);
  const known = lines.some((line) => line.room === stop);
  const tabStop = known ? stop : lines.some((line) => line.room === openRoom.value) ? openRoom.value : lines[0]?.room;
  const at = lines.findIndex((line) => line.room === tabStop);
  const kept = at >= 0 ? [at] : []; // so that the focus stays while one scrolls

  const focusRow = (index: number) => {
    const line = lines[index];
    if (!line) return;
    setStop(line.room);
    handle.current?.scrollToIndex(index, { align: "nearest" });
    focusSoon(scroller, line.room);
  };
  const keys = (event: KeyboardEvent) => {
    const index = lines.findIndex((line) => line.room === roomAt(event));
    const line = lines[index];
    if (!line || event.ctrlKey || event.metaKey || event.altKey) return;
    const next = moved(event.key, index, lines.length);
    if (next !== undefined) focusRow(next);
    else if (!rowKey(event.key, line)) return;
    event.preventDefault();
  };
  const context = (event: MouseEvent) => {
    const line = lines.find((one) => one.room === roomAt(event));
    if (!line) return;
    event.preventDefault();
    const byKey = event.button !== 2 && event.clientX === 0;
    openMenu({ line, at: byKey ? (event.target as Element) : { x: event.clientX, y: event.clientY } });
  };
  return (
    <div class="scroll fill" ref={scroller} onKeyDown={keys} onContextMenu={context}>
      {head}
      <nav class="rooms" aria-label={t(folder === "archived" ? "list.archived" : "list.conversations")}>
        <Virtualizer ref={handle} data={lines} as="ul" item="li" itemSize={72} scrollRef={scroller} keepMounted={kept}>
          {(line: RoomLine) => (
            <div class="room-item" key={line.room} onFocusCapture={() => setStop(line.room)}>
              <RoomRow line={line} folder={folder} stop={line.room === tabStop} />
              <div class="room-more">
                <MenuButton label={t("list.menu", { title: line.title })} icon={More} small stop={false} items={() => roomMenu(line)} />
              </div>
            </div>
          )}
        </Virtualizer>
      </nav>
      {foot}
      {menu && (
        <Menu label={t("list.menu", { title: menu.line.title })} items={roomMenu(menu.line)} at={menu.at} onClose={() => openMenu(null)} />
      )}
    </div>
  );
}

let wanted = "";

// focusSoon focuses a row once it is drawn, which takes some frames after a long
// way, and again if drawing its neighbors has taken the focus away.
function focusSoon(box: RefObject<HTMLElement | null>, room: string, frames = 20) {
  wanted = room;
  requestAnimationFrame(() => {
    const now = document.activeElement;
    const free = now === document.body || box.current?.contains(now);
    if (wanted !== room || !free) return;
    const row = rowOf(box.current, room);
    if (row !== now) row?.focus({ preventScroll: true });
    if (frames > 0) focusSoon(box, room, frames - 1);
  });
}

function rowOf(box: Element | null, room: string): HTMLElement | null {
  return box?.querySelector<HTMLElement>(`[data-room="${CSS.escape(room)}"]`) ?? null;
}

function roomAt(event: Event): string {
  const row = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-room]") : null;
  return row?.dataset.room ?? "";
}

// moved is the row that a key leads to from row now of n.
function moved(key: string, now: number, n: number): number | undefined {
  switch (key) {
    case "ArrowDown":
      return Math.min(now + 1, n - 1);
    case "ArrowUp":
      return Math.max(now - 1, 0);
    case "PageDown":
      return Math.min(now + 8, n - 1);
    case "PageUp":
      return Math.max(now - 8, 0);
    case "Home":
      return 0;
    case "End":
      return n - 1;
  }
  return undefined;
}
