import { signal } from "@preact/signals";
import type { Person, RoomLine } from "../../lib/core";
import { Archive, Block, Bell, Mute, Pin, Trash, Unarchive, Unpin } from "../icons";
import { core, goToList, openRoom, refreshRooms, worked } from "../state";
import { t } from "../strings";
import { toast, type MenuItem } from "../ui";

/** asked is what waits for a yes: deleting a conversation, or blocking the other one of it. */
export const asked = signal<{ deed: "delete" | "block"; line: RoomLine } | null>(null);

/** beginning is whether the dialog for a new conversation is open, over whatever else is. */
export const beginning = signal(false);

/** togglePin pins a conversation to the top of the list, or lets it go. */
export async function togglePin(line: RoomLine) {
  await worked(core.setRoom({ room: line.room, pinned: !line.pinned }));
}

/** toggleMute keeps a conversation from notifying, or lets it. */
export async function toggleMute(line: RoomLine) {
  await worked(core.setRoom({ room: line.room, muted_ms: line.muted ? 0 : -1 }));
}

/** toggleArchive puts a conversation out of the list, or back. */
export async function toggleArchive(line: RoomLine) {
  const archived = !line.archived;
  if (!(await worked(core.setRoom({ room: line.room, archived })))) return;
  if (archived) toast(t("list.archivedDone"), { label: t("undo"), do: () => void worked(core.setRoom({ room: line.room, archived: false })) });
}

/** mayDelete is whether a conversation can be deleted: a group only once one is out of it. */
export function mayDelete(line: RoomLine): boolean {
  return line.direct || !line.active;
}

/** accept takes requests. */
export function accept(rooms: string[]): Promise<boolean> {
  return worked(core.accept({ rooms }));
}

/** remove deletes conversations, here and on the own other devices. */
export async function remove(rooms: string[]): Promise<boolean> {
  const done = await worked(core.deleteRoom({ rooms }));
  if (done) leave(rooms);
  return done;
}

/** toggleRestrict sets somebody apart, or takes that back: they may write, and nothing of them is notified. */
export async function toggleRestrict(person: Person): Promise<void> {
  const accounts = [person.account];
  const done = await worked(person.restricted ? core.unrestrict({ accounts }) : core.restrict({ accounts }));
  if (!done) return;
  toast(t(person.restricted ? "list.unrestricted" : "list.restricted", { name: person.display }));
  refreshRooms();
}

/** restrictItem is the deed of toggleRestrict in a menu. */
export function restrictItem(person: Person): MenuItem {
  return { label: t(person.restricted ? "list.unrestrict" : "list.restrict", { name: person.display }), icon: person.restricted ? Bell : Mute, onPick: () => void toggleRestrict(person) };
}

/** block blocks the other ones of some direct conversations. */
export async function block(lines: RoomLine[]): Promise<boolean> {
  const done = await worked(core.block({ accounts: lines.flatMap((line) => line.people.map((person) => person.account)) }));
  if (done) leave(lines.map((line) => line.room));
  return done;
}

function leave(rooms: string[]) {
  refreshRooms();
  if (rooms.includes(openRoom.value)) goToList();
}

/** roomMenu are the deeds for a conversation in the list. */
export function roomMenu(line: RoomLine): (MenuItem | null)[] {
  const other = line.direct ? line.people[0] : undefined;
  const items: (MenuItem | null)[] = [
    { label: t(line.pinned ? "list.unpin" : "list.pin"), icon: line.pinned ? Unpin : Pin, onPick: () => void togglePin(line) },
    { label: t(line.muted ? "list.unmute" : "list.mute"), icon: line.muted ? Bell : Mute, onPick: () => void toggleMute(line) },
  ];
  if (!other?.restricted) {
    items.push({
      label: t(line.archived ? "list.unarchive" : "list.archive"),
      icon: line.archived ? Unarchive : Archive,
      onPick: () => void toggleArchive(line),
    });
  }
  items.push(null);
  if (other && !other.own) {
    items.push(restrictItem(other));
    items.push({
      label: t("list.block", { name: other.display }),
      icon: Block,
      danger: true,
      onPick: () => (asked.value = { deed: "block", line }),
    });
  }
  items.push({
    label: t(mayDelete(line) ? "list.delete" : "list.leaveFirst"),
    icon: Trash,
    danger: true,
    disabled: !mayDelete(line),
    onPick: () => (asked.value = { deed: "delete", line }),
  });
  return items;
}

/** rowKey does what a key on a row means; it tells whether it meant something. */
export function rowKey(key: string, line: RoomLine): boolean {
  switch (key) {
    case "p":
      void togglePin(line);
      return true;
    case "m":
      void toggleMute(line);
      return true;
    case "e":
      void toggleArchive(line);
      return true;
    case "Delete":
      if (mayDelete(line)) asked.value = { deed: "delete", line };
      return true;
  }
  return false;
}
