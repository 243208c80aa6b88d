/** How lines of a conversation belong together. Pure: what is drawn follows from a line and its neighbours. */

import type { Message } from "../../lib/core";

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
}

/** placeOf is of message m between its neighbours. firstNew is the number of the first unread line, 0: none. */
export function placeOf(before: Message | undefined, m: Message, after: Message | undefined, firstNew: number): Place {
  const fresh = isFirstNew(before, m, firstNew);
  return {
    day: !before || !sameDay(before.at_ms, m.at_ms),
    fresh,
    first: fresh || !before || !joins(before, m),
    last: !after || !joins(m, after) || isFirstNew(m, after, firstNew),
  };
}

/** isFirstNew: the line with that number, or, where that isn't shown, the first one after it. */
export function isFirstNew(before: Message | undefined, m: Message, firstNew: number): boolean {
  return firstNew > 0 && !m.own && m.seq >= firstNew && (!before || (before.seq > 0 && before.seq < firstNew));
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
