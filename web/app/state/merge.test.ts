import assert from "node:assert/strict";
import { test } from "node:test";
import type { RoomLine, Rooms } from "../../lib/core";
import { merged } from "./merge";

const line = (room: string, at_ms: number, pinned = false) => ({ room, at_ms, pinned }) as RoomLine;
const all = (edition: number, rooms: RoomLine[], requests: RoomLine[] = []): Rooms => ({ edition, part: false, gone: [], rooms, requests, unread: 0 });
const part = (edition: number, change: Partial<Rooms>): Rooms => ({ edition, part: true, gone: [], rooms: [], requests: [], unread: 0, ...change });

test("a whole list is taken as it is", () => {
  const now = all(7, [line("b", 1), line("a", 2)]);
  assert.equal(merged(all(3, [line("c", 9)]), now), now);
  assert.equal(merged(null, now), now);
});

test("a part is put into its place", () => {
  const known = all(3, [line("p", 1, true), line("a", 9), line("b", 8), line("c", 7)], [line("q", 5)]);
  const now = merged(known, part(4, { rooms: [line("c", 10), line("q", 11)], gone: ["b"], unread: 2 }));
  assert.deepEqual(now, { ...all(4, [line("p", 1, true), line("q", 11), line("c", 10), line("a", 9)]), unread: 2 });
  assert.equal(now.rooms[3], known.rooms[1], "a line that is the same stays the same");
});

test("pinned lines stand above, lines of one time in the order of their names", () => {
  const known = all(3, [line("b", 5), line("d", 5)]);
  const now = merged(known, part(4, { rooms: [line("c", 5), line("a", 1, true)] }));
  assert.deepEqual(now.rooms.map((l) => l.room), ["a", "b", "c", "d"]);
});

test("nothing new leaves the lists the same", () => {
  const known = all(3, [line("b", 5)]);
  const now = merged(known, part(9, { unread: 1 }));
  assert.equal(now.rooms, known.rooms);
  assert.equal(now.edition, 9);
  assert.equal(now.unread, 1);
});
