/**
 * The part of a conversation that the page holds: a run of lines without gaps,
 * oldest first, into which pages of the core are put. Pure.
 */

import type { Message, Page } from "../../lib/core";

export interface Window {
  messages: readonly Message[];
  /** there is more before, after */
  older: boolean;
  newer: boolean;
}

export const nothing: Window = { messages: [], older: false, newer: false };

/** How many lines are held at most; those farthest from where one reads go first. */
export const maxHeld = 800;

/** keyOf tells lines apart. */
export function keyOf(m: Message): string {
  return m.id || `${m.seq}.${m.part}`;
}

/** fromPage begins anew. */
export function fromPage(p: Page): Window {
  return { messages: p.messages, older: p.older, newer: p.newer };
}

/** order is a line's place; what is queued comes last, in the order of the page. */
function order(m: Message): number {
  return m.seq === 0 ? Infinity : m.seq;
}

/**
 * put puts a page over the part of the window that it covers: from its first to
 * its last line, and to the end if nothing is newer. Lines that are as they were
 * stay the same objects, so that they aren't drawn again. The page has to overlap
 * or adjoin the window, which asked for it from its own numbers.
 */
export function put(w: Window, p: Page): Window {
  if (w.messages.length === 0) return fromPage(p);
  const first = p.messages[0];
  const last = p.messages[p.messages.length - 1];
  if (!first || !last) return p.newer ? w : { ...w, newer: false };
  const known = new Map(w.messages.map((m) => [keyOf(m), m]));
  const fresh = p.messages.map((m) => keep(known.get(keyOf(m)), m));
  const covered = new Set(fresh.map(keyOf));
  const from = order(first);
  const to = p.newer ? order(last) : Infinity;
  const head = w.messages.filter((m) => order(m) < from || (order(m) === from && from !== Infinity && m.part < first.part));
  const tail = w.messages.filter((m) => order(m) > to && !covered.has(keyOf(m)));
  return {
    messages: head.length + tail.length === 0 && same(w.messages, fresh) ? w.messages : [...head.filter((m) => !covered.has(keyOf(m))), ...fresh, ...tail],
    older: head.length > 0 ? w.older : p.older,
    newer: tail.length > 0 ? w.newer : p.newer,
  };
}

/** adjoins is whether a page, the end of a conversation, overlaps a window or comes right after it: then put leaves no gap. */
export function adjoins(w: Window, end: Page): boolean {
  const first = end.messages[0]?.seq ?? 0;
  return !end.older || (first > 0 && w.messages.some((m) => m.seq >= first - 1));
}

function keep(old: Message | undefined, now: Message): Message {
  return old && JSON.stringify(old) === JSON.stringify(now) ? old : now;
}

function same(a: readonly Message[], b: readonly Message[]): boolean {
  return a.length === b.length && a.every((m, i) => m === b[i]);
}

/** dropNewer and dropOlder let go of what is far from where one reads. */
export function dropNewer(w: Window): Window {
  return w.messages.length <= maxHeld ? w : { messages: w.messages.slice(0, maxHeld), older: w.older, newer: true };
}

export function dropOlder(w: Window): Window {
  return w.messages.length <= maxHeld ? w : { messages: w.messages.slice(-maxHeld), older: true, newer: w.newer };
}

/** firstSeq and lastSeq are the numbers at the edges; 0 where there is none. */
export function firstSeq(w: Window): number {
  return w.messages.find((m) => m.seq > 0)?.seq ?? 0;
}

export function lastSeq(w: Window): number {
  return w.messages.findLast((m) => m.seq > 0)?.seq ?? 0;
}
