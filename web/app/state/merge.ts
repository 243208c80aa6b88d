import type { RoomLine, Rooms } from "../../lib/core";

/** merged is the list that known becomes by what the core told since: all of it, or a part. */
export function merged(known: Rooms | null, now: Rooms): Rooms {
  if (!now.part || !known) return now;
  const changed = new Set([...now.gone, ...[...now.rooms, ...now.requests].map((line) => line.room)]);
  if (changed.size === 0) return { ...known, edition: now.edition, unread: now.unread };
  const put = (before: RoomLine[], lines: RoomLine[]) => [...before.filter((line) => !changed.has(line.room)), ...lines].sort(order);
  return { ...now, part: false, gone: [], rooms: put(known.rooms, now.rooms), requests: put(known.requests, now.requests) };
}

// order is the core's: pinned ones first, then the newest, then by name.
function order(a: RoomLine, b: RoomLine): number {
  return Number(b.pinned) - Number(a.pinned) || b.at_ms - a.at_ms || (a.room < b.room ? -1 : 1);
}
