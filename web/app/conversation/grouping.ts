/** How lines of a conversation belong together. Pure: what is drawn follows from a line and its neighbours. */

import type { Message } from "../../lib/core";
import { keyOf, type Window } from "./window";

/** Lines of one person within this time stand together, in milliseconds. */
export const together = 4 * 60_000;

/** What a line's place says about how it is drawn. */
export interface Place {
  /** a day begins with it */
  day: boolean;
  /** "new messages" stands above it */
  fresh: boolean;
  /** first and last of its group: name and picture, tail and time */
  first: boolean;
  last: boolean;
  /** the same person, who is blocked, goes on: what is folded of them is one line */
  again: boolean;
}

/** placeOf is of message m between its neighbours. newLine is the key of the line that "new messages" stands above, '': none. */
export function placeOf(before: Message | undefined, m: Message, after: Message | undefined, newLine: string): Place {
  const fresh = keyOf(m) === newLine;
  const day = !before || !sameDay(before.at_ms, m.at_ms);
  return {
    day,
    fresh,
    first: fresh || !before || !joins(before, m),
    last: !after || !joins(m, after) || keyOf(after) === newLine,
    again: m.blocked && !day && before.blocked && before.from === m.from,
  };
}

/**
 * newLineOf is the key of the first message of others from a number on. It is ''
 * while what is before it isn't held: then it may not be the first; and where
 * nothing was said before it: then all is new, and no line is wanted.
 */
export function newLineOf(w: Window, from: number): string {
  const i = w.messages.findIndex((m) => m.seq >= from && !m.own && !m.blocked && bubble(m));
  const before = w.messages.slice(0, Math.max(0, i));
  const m = w.messages[i];
  return from > 0 && m && before.some((b) => b.seq < from && (w.older || bubble(b))) ? keyOf(m) : "";
}

/** What counts as the end, in pixels. */
const atEnd = 48;

/**
 * staysAtEnd says whether one is at the end after a scrolling from was to now, with
 * so many pixels below: also where only the lines grew or were drawn anew, as they
 * are while they are measured. Who stands there leaves it by going up themselves.
 */
export function staysAtEnd(stood: boolean, was: number, now: number, below: number, byPerson: boolean): boolean {
  return below < atEnd || (stood && (!byPerson || now >= was - 1));
}

/** joins says whether b goes on where a left off. */
function joins(a: Message, b: Message): boolean {
  return bubble(a) && bubble(b) && a.from === b.from && Math.abs(b.at_ms - a.at_ms) < together && sameDay(a.at_ms, b.at_ms);
}

/** bubble says whether a line is drawn as a bubble, rather than as a calm line across. */
export function bubble(m: Message): boolean {
  return m.kind !== "notice" && m.kind !== "unreadable";
}

export function sameDay(a: number, b: number): boolean {
  return new Date(a).setHours(0, 0, 0, 0) === new Date(b).setHours(0, 0, 0, 0);
}
