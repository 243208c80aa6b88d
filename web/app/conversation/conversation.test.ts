import assert from "node:assert/strict";
import { test } from "node:test";
import type { Message, Page } from "../../lib/core";
import { newLineOf, placeOf, staysAtEnd, together } from "./grouping";
import { dropNewer, dropOlder, fromPage, keyOf, maxHeld, nothing, put, type Window } from "./window";

const noon = new Date(2026, 10, 23, 12).getTime();

function line(seq: number, some: Partial<Message> = {}): Message {
  return {
    id: seq > 0 ? `m${seq}` : (some.id ?? "q"), seq, part: 0, from: "ann", own: false, at_ms: noon + seq * 1000, kind: "text", text: `t${seq}`,
    plain: false, state: "received", edited: false, unsent: false, blocked: false, forwarded: false, reactions: [], nudges: [], mentions: [], attachments: [], view_once: false, opened: false, withheld: false, expires_ms: 0, timer_s: 0, ...some,
  };
}

const lines = (from: number, to: number): Message[] => Array.from({ length: to - from + 1 }, (_, i) => line(from + i));
const page = (messages: Message[], older: boolean, newer: boolean): Page => ({ messages, older, newer, people: [] });
const shape = (w: Window): string => `${w.older ? "…" : "|"}${w.messages.map((m) => m.text).join(" ")}${w.newer ? "…" : "|"}`;

test("pages are put together without gap or double", () => {
  let w = put(nothing, page(lines(5, 7), true, false));
  assert.equal(shape(w), "…t5 t6 t7|");
  w = put(w, page(lines(3, 4), true, true));
  assert.equal(shape(w), "…t3 t4 t5 t6 t7|");
  w = put(w, page([...lines(6, 8), line(0, { id: "q1", text: "queued" })], true, false));
  assert.equal(shape(w), "…t3 t4 t5 t6 t7 t8 queued|");
  w = put(w, page([line(7), line(8), line(9, { id: "q1", text: "sent" })], true, false));
  assert.equal(shape(w), "…t3 t4 t5 t6 t7 t8 sent|");
  w = put(w, page(lines(1, 2), false, true));
  assert.equal(shape(w), "|t1 t2 t3 t4 t5 t6 t7 t8 sent|");
});

test("a page in the middle takes away what has gone", () => {
  const w = put(fromPage(page(lines(1, 6), false, false)), page([line(2), line(4, { text: "edited" })], true, true));
  assert.equal(shape(w), "|t1 t2 edited t5 t6|");
});

test("notices of one commit are told apart", () => {
  const of = (part: number): Message => line(2, { id: `n${part}`, part, text: `n${part}`, kind: "notice" });
  const w = put(fromPage(page([line(1), of(0), of(1), line(3)], false, false)), page([of(1), line(3)], true, false));
  assert.equal(shape(w), "|t1 n0 n1 t3|");
});

test("what hasn't changed stays the same object", () => {
  const before = fromPage(page(lines(1, 3), false, false));
  const same = put(before, page(lines(1, 3), false, false));
  assert.ok(same.messages === before.messages, "got other lines, want the same");
  const after = put(before, page([line(2), line(3, { edited: true })], true, false));
  assert.ok(after.messages[1] === before.messages[1], "got another object for a line that is as it was");
  assert.ok(after.messages[2] !== before.messages[2], "got the old object for a line that was edited");
});

test("an empty page closes an end", () => {
  assert.equal(shape(put(fromPage(page(lines(1, 2), false, true)), page([], false, false))), "|t1 t2|");
  assert.equal(keyOf(line(0, { id: "" })), "0.0");
});

test("a window holds no more than its bound", () => {
  const w = fromPage(page(lines(1, maxHeld + 50), false, false));
  const up = dropNewer(w);
  assert.deepEqual([up.messages.length, up.messages[0]?.seq, up.newer, up.older], [maxHeld, 1, true, false]);
  const down = dropOlder(w);
  assert.deepEqual([down.messages.length, down.messages[0]?.seq, down.newer, down.older], [maxHeld, 51, false, true]);
});

test("lines are grouped by person, time and day", () => {
  const places = (ms: Message[], firstNew = 0): string => {
    const line = newLineOf(fromPage(page(ms, false, false)), firstNew);
    return ms.map((m, i) => {
      const p = placeOf(ms[i - 1], m, ms[i + 1], line);
      return (p.day ? "D" : "") + (p.fresh ? "N" : "") + (p.first ? "f" : "") + (p.last ? "l" : "") || ".";
    }).join(" ");
  };
  assert.equal(places(lines(1, 3)), "Df . l");
  assert.equal(places([line(1), line(2, { from: "bob" }), line(3, { from: "bob" })]), "Dfl f l");
  assert.equal(places([line(1), line(2, { at_ms: noon + together + 2000 })]), "Dfl fl");
  assert.equal(places([line(1), line(2, { kind: "notice" }), line(3)]), "Dfl fl fl");
  assert.equal(places([line(1), line(2, { at_ms: noon + 86_400_000 })]), "Dfl Dfl");
  assert.equal(places(lines(1, 4), 3), "Df l Nf l");
  assert.equal(places([line(1), line(4), line(5)], 3), "Dfl Nf l");
  assert.equal(places([line(1, { own: true }), line(2, { own: true })], 1), "Df l");
});

test("what is folded of one person is one line a day, and nothing new", () => {
  const eve = { from: "eve", blocked: true };
  const ms = [line(1), line(2, eve), line(3, { ...eve, at_ms: noon + together * 3 }), line(4, { ...eve, from: "mal" }), line(5, { ...eve, at_ms: noon + 86_400_000 }), line(6, { ...eve, at_ms: noon + 86_400_001 })];
  assert.equal(ms.map((m, i) => (placeOf(ms[i - 1], m, ms[i + 1], "").again ? "a" : ".")).join(""), "..a..a");
  assert.equal(newLineOf(fromPage(page([line(1), line(2, eve), line(3)], false, false)), 2), "m3");
});

test("new messages stand below one line, where something was said before", () => {
  const at = (ms: Message[], older: boolean, from: number): string => newLineOf(fromPage(page(ms, older, false)), from);
  assert.equal(at(lines(1, 4), false, 3), "m3");
  assert.equal(at(lines(1, 4), false, 0), "");
  assert.equal(at([line(1), line(2, { kind: "notice" }), line(3)], false, 2), "m3", "a notice isn't what is new");
  assert.equal(at([line(1), line(2, { own: true }), line(3)], false, 2), "m3", "nor is what one wrote");
  assert.equal(at([line(1, { kind: "notice" }), line(2), line(3)], false, 2), "", "all is new");
  assert.equal(at(lines(1, 4), false, 1), "", "all is new");
  assert.equal(at(lines(5, 9), true, 3), "", "what is before isn't held");
  assert.equal(at([line(5, { kind: "notice" }), line(6)], true, 6), "m6", "more was said before");
});

test("one leaves the end by going up, not because lines grow", () => {
  assert.equal(staysAtEnd(true, 500, 500, 700, true), true);
  assert.equal(staysAtEnd(true, 500, 300, 200, true), false);
  assert.equal(staysAtEnd(false, 300, 400, 200, false), false);
  assert.equal(staysAtEnd(false, 300, 480, 20, true), true);
  assert.equal(staysAtEnd(true, 500, 0, 700, false), true);
});
