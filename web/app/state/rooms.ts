import { batch, computed, effect, signal } from "@preact/signals";
import type { RoomLine, Rooms, TypingNow } from "../../lib/core";
import { phase } from "./boot";
import { core } from "./core";
import { merged } from "./merge";
import { refresher } from "./refresh";
import { forgetSnapshot, keepSnapshot, snapshot } from "./snapshot";

/** rooms are the accepted conversations as the core orders them; null until they were read first. */
export const rooms = signal<RoomLine[] | null>(null);

/** requests are conversations that strangers began, until they are accepted. */
export const requests = signal<RoomLine[]>([]);

/** unread counts conversations with something new: the badge. */
export const unread = signal(0);

/** typing says who writes where: accounts by room. */
export const typing = signal<ReadonlyMap<string, string[]>>(new Map());

/** active are the conversations of the main list, archived those that were put away. */
export const active = computed(() => (rooms.value ?? []).filter((line) => !line.archived));
export const archived = computed(() => (rooms.value ?? []).filter((line) => line.archived));

/** lineOf is a conversation's line, of requests too. */
export function lineOf(room: string): RoomLine | undefined {
  return rooms.value?.find((line) => line.room === room) ?? requests.value.find((line) => line.room === room);
}

/** known is the list as the core told it last; null: it hasn't. */
let known: Rooms | null = null;

/** refreshRooms reads what has changed in the list, soon. */
export const refreshRooms = refresher(async () => {
  if (phase.value !== "ready") return;
  const now = await core.rooms({ edition: known?.edition ?? 0 });
  if (phase.value !== "ready") return;
  known = merged(known, now);
  take(known);
  keepSnapshot(known);
});

function take(now: Rooms) {
  batch(() => {
    rooms.value = now.rooms;
    requests.value = now.requests;
    unread.value = now.unread;
    typing.value = typingIn([...now.rooms, ...now.requests]);
  });
}

/** showSnapshot shows the list as it was last, until the core has told how it is. */
export async function showSnapshot(): Promise<void> {
  const last = await snapshot();
  if (last && phase.value === "starting" && !rooms.value) take(last);
}

/** watchRooms keeps all of this as the core tells. */
export function watchRooms() {
  core.on("rooms", refreshRooms);
  core.on("typing", setTyping);
  effect(() => {
    if (phase.value === "ready") refreshRooms();
    else if (phase.value !== "starting") forgetRooms();
  });
}

function forgetRooms() {
  known = null;
  rooms.value = null;
  requests.value = [];
  unread.value = 0;
  typing.value = new Map();
  void forgetSnapshot();
}

function setTyping({ room, accounts }: TypingNow) {
  const next = new Map(typing.value);
  if (accounts.length) next.set(room, accounts);
  else next.delete(room);
  typing.value = next;
}

function typingIn(lines: RoomLine[]): ReadonlyMap<string, string[]> {
  return new Map(lines.filter((line) => line.typing.length).map((line) => [line.room, line.typing]));
}
