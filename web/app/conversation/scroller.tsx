import { signal } from "@preact/signals";
import type { RefObject, VNode } from "preact";
import type { VirtualizerHandle } from "virtua";
import type { Message } from "../../lib/core";
import { announce, calm, watched } from "../state";
import { t } from "../strings";
import { toast } from "../ui";
import { lineKey } from "./deeds";
import { placeOf, staysAtEnd } from "./grouping";
import { Line } from "./Line";
import type { View } from "./view";
import { keyOf, maxHeld } from "./window";

/** How near to an end more is asked for, in pixels. */
const near = 1500;
/** How much above the first new line is shown with it: this part of what is in sight. */
const above = 0.4;
/** How long what a person does to the box is taken for the reason that it scrolls, in milliseconds. */
const patience = 400;
/** How often in a row the end is gone to again: what is drawn may not settle. */
const tries = 30;
/** How long a line stays marked after a jump, in milliseconds. */
const flash = 1600;

/**
 * A Scroller moves the box of lines: it keeps it at the end while one is there,
 * asks for more near the ends, tells what is in sight, and jumps.
 */
export class Scroller {
  /** whether one is away from the end, and at the first line that is held */
  readonly away = signal(false);
  readonly atStart = signal(false);
  box: RefObject<HTMLElement | null> = { current: null };
  handle: RefObject<VirtualizerHandle | null> = { current: null };
  /** what stands below the lines */
  readonly tail: RefObject<HTMLDivElement | null> = { current: null };
  private atEnd = true;
  private top = 0;
  private height = 0; // of all lines, when the box was looked at last
  private moved = -Infinity; // when a person last moved the box
  private held = false; // by a pointer that is down
  private frame = 0;
  private watcher: ResizeObserver | null = null;
  private left = tries;
  private landed = -1;
  private last = "";
  private whole = false; // the last line was the conversation's when it was looked at
  private drawn = new WeakMap<Message, { place: string; vnode: VNode }>();
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unmark: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly view: View) {
    view.show = (id) => this.show(id);
    view.toEnd = () => void this.toEnd();
  }

  private get messages(): readonly Message[] {
    return this.view.thread.window.value.messages;
  }

  /** start watches sizes: a keyboard that opens, a composer that grows, somebody who begins to write. */
  start(): () => void {
    const watcher = (this.watcher = new ResizeObserver(() => this.resized()));
    const box = this.box.current;
    for (const one of [box, this.tail.current]) if (one) watcher.observe(one);
    this.watchLines();
    const ends = new AbortController();
    const options = { passive: true, signal: ends.signal };
    for (const name of ["wheel", "touchmove", "keydown"]) box?.addEventListener(name, () => (this.moved = performance.now()), options);
    box?.addEventListener("pointerdown", () => (this.held = true), options);
    for (const name of ["pointerup", "pointercancel"]) window.addEventListener(name, () => (this.held = false), options);
    return () => {
      watcher.disconnect();
      ends.abort();
      cancelAnimationFrame(this.frame);
      clearTimeout(this.timer);
      clearTimeout(this.unmark);
    };
  }

  /** watchLines watches the list itself, which is another one when all lines were replaced: not each of its sizes is told by onResize. */
  private watchLines(): void {
    const lines = this.tail.current?.previousElementSibling;
    if (lines) this.watcher?.observe(lines);
  }

  /** line draws a message, or takes what was drawn of it if nothing has changed. */
  line(messages: readonly Message[], m: Message, i: number): VNode {
    const [before, after] = [messages[i - 1], messages[i + 1]];
    const place = placeOf(before, m, after, this.view.thread.newLine.value);
    const marked = showsMark(m, after, place.last);
    const start = i === 0 && !this.view.thread.window.value.older;
    const key = `${place.day}${place.fresh}${place.first}${place.last}${marked}${start}`;
    const known = this.drawn.get(m);
    if (known?.place === key) return known.vnode;
    const vnode = <Line key={keyOf(m)} m={m} place={place} marked={marked} start={start} />;
    this.drawn.set(m, { place: key, vnode });
    return vnode;
  }

  /** land goes where the lines that were just replaced are to be read from. */
  land(): void {
    const { turn, landing } = this.view.thread;
    if (turn.value === this.landed || this.messages.length === 0) return;
    this.landed = turn.value;
    this.watchLines();
    this.last = keyOf(this.messages[this.messages.length - 1] as Message);
    this.whole = !this.view.thread.window.value.newer;
    const first = this.view.thread.newLine.value;
    // Lines that nobody wrote have no id, which isn't the landing of the end.
    const i = landing === "" ? -1 : this.messages.findIndex((m) => (landing === "new" ? keyOf(m) === first : m.id === landing));
    if (i < 0) this.bottom();
    else {
      this.atEnd = false;
      const room = this.box.current?.clientHeight ?? 0;
      this.handle.current?.scrollToIndex(i, landing === "new" ? { align: "start", offset: -above * room } : { align: "center" });
    }
    this.later();
  }

  /** changed follows the end where one is there, and says aloud what came. */
  changed(): void {
    const all = this.messages;
    const now = all[all.length - 1];
    if (!now || this.landed < 0) return;
    const came = keyOf(now) !== this.last && this.whole; // else one has only scrolled there
    this.last = keyOf(now);
    this.whole = !this.view.thread.window.value.newer;
    if (came && now.own && now.state === "queued") this.atEnd = true;
    if (this.atEnd && !this.view.thread.window.value.newer) this.bottom();
    if (came && !now.own && now.kind === "text") announce(`${this.view.nameOf(now.from)}: ${now.text.slice(0, 200)}`);
    this.trim();
    this.later();
  }

  /** trim lets go of what is far. To take lines from the start moves the others: not while one scrolls, unless there are very many. */
  private trim(): void {
    const up = this.view.thread.prepended && !this.atEnd;
    const far = this.messages.length > 3 * maxHeld;
    if (up || far) requestAnimationFrame(() => requestAnimationFrame(() => this.view.thread.trim(up)));
  }

  /** rested is called when a scrolling has ended. */
  rested(): void {
    const [handle, n] = [this.handle.current, this.messages.length];
    if (handle) this.view.thread.trim(handle.findItemIndex(handle.scrollOffset) < n / 2);
    this.look();
  }

  /** resized is called when something has another size: lines that fitted, and don't now, have scrolled nothing. */
  resized(): void {
    if (this.atEnd && !this.view.thread.window.value.newer) this.bottom();
    this.later();
  }

  /** bottom goes to the end. What is measured then pushes it away: resized and settle go there again. */
  private bottom(): void {
    this.atEnd = true;
    const box = this.box.current;
    if (!box) return;
    box.scrollTop = this.height = box.scrollHeight;
    this.top = box.scrollTop;
  }

  scrolled(offset: number): void {
    const [box, handle] = [this.box.current, this.handle.current];
    if (!box || !handle || this.landed < 0) return;
    let below = handle.scrollSize - offset - handle.viewportSize;
    if (below < 400) below = box.scrollHeight - box.scrollTop - box.clientHeight; // with what stands under the lines
    // Where the lines are as high as before, it is somebody too: a search of the browser's, a reader of the screen.
    const byPerson = this.byPerson() || box.scrollHeight === this.height;
    this.height = box.scrollHeight;
    this.atEnd = !this.view.thread.window.value.newer && staysAtEnd(this.atEnd, this.top, box.scrollTop, below, byPerson);
    this.top = box.scrollTop;
    if (this.atEnd && !byPerson) this.settle();
    this.away.value = below > 400;
    if (this.atEnd) this.view.thread.below.value = 0;
    this.atStart.value = offset < 48;
    if (offset < near) void this.view.thread.older();
    if (below < near) void this.view.thread.newer();
    this.later();
  }

  /** byPerson says whether a scrolling is somebody's: what goes on after a fling is too. */
  private byPerson(): boolean {
    const now = performance.now();
    const by = this.held || now - this.moved < patience;
    if (by) this.moved = now;
    return by;
  }

  /** settle goes to the end again where lines that were measured have pushed it away. */
  private settle(): void {
    const box = this.box.current;
    if (!box || box.scrollHeight - box.scrollTop - box.clientHeight < 2) this.left = tries;
    else if (this.left > 0 && this.frame === 0) {
      this.left--;
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        if (this.atEnd && !this.byPerson()) this.bottom();
      });
    }
  }

  private later(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      this.look();
    }, 150);
  }

  /** look tells the thread what is in sight, and the core what was read. */
  look(): void {
    const [box, handle, all] = [this.box.current, this.handle.current, this.messages];
    if (!box || !handle || all.length === 0 || this.landed < 0) return;
    const top = handle.findItemIndex(handle.scrollOffset);
    const under = handle.findItemIndex(handle.scrollOffset + handle.viewportSize - 24);
    const [first, last] = [all[Math.max(0, top)], all[Math.min(under, all.length - 1)]];
    if (!first || !last) return;
    this.atEnd ||= !this.view.thread.window.value.newer && staysAtEnd(false, 0, 0, box.scrollHeight - box.scrollTop - box.clientHeight, false);
    this.view.thread.seen(first, last);
    if (top < 5) void this.view.thread.older();
    if (under > all.length - 5) void this.view.thread.newer();
    const seq = all.slice(0, under + 1).findLast((m) => m.seq > 0 && !m.own)?.seq ?? 0; // own ones need no mark
    if (watched.value && seq > 0) this.view.thread.read(seq);
  }

  async toEnd(): Promise<void> {
    const far = this.view.thread.window.value.newer;
    await this.view.thread.newest();
    if (far) return; // land goes there
    const box = this.box.current;
    const close = box && box.scrollHeight - box.scrollTop < 4 * box.clientHeight;
    if (close && !calm.value) box.scrollTo({ top: box.scrollHeight, behavior: "smooth" });
    else this.bottom();
  }

  /** show brings a message into sight and marks it for a moment. */
  async show(id: string): Promise<void> {
    const i = this.messages.findIndex((m) => m.id === id);
    if (i < 0 && !(await this.view.thread.jump(id))) {
      toast(t("conversation.notHere"));
      return;
    }
    if (i >= 0) {
      this.atEnd = false;
      this.handle.current?.scrollToIndex(i, { align: "center" });
    }
    this.view.current.value = id;
    this.view.flashing.value = id;
    clearTimeout(this.unmark);
    this.unmark = setTimeout(() => (this.view.flashing.value = ""), flash);
  }

  /** kept are the lines that stay drawn wherever one scrolls: the one that has the focus. */
  kept(): number[] {
    const current = this.view.current.peek();
    const i = current ? this.messages.findIndex((m) => keyOf(m) === current) : -1;
    return i >= 0 && this.box.current?.contains(document.activeElement) ? [i] : [];
  }

  /** key moves among the lines, and does what keys on a line mean. */
  key(event: KeyboardEvent): void {
    const on = (event.target as Element).closest?.("[data-line]");
    if (!on || event.target !== on) return;
    const all = this.messages;
    const i = all.findIndex((m) => keyOf(m) === on.getAttribute("data-line"));
    const m = all[i];
    if (!m) return;
    const next = { ArrowUp: i - 1, ArrowDown: i + 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) this.focus(Math.max(0, Math.min(next, all.length - 1)));
    else if (event.key === "Escape") this.view.write();
    else if (!lineKey(event, this.view, m, on.querySelector(".bubble") ?? on)) return;
    event.preventDefault();
  }

  private focus(i: number): void {
    const m = this.messages[i];
    if (!m) return;
    this.view.current.value = keyOf(m);
    this.handle.current?.scrollToIndex(i, { align: "nearest" });
    requestAnimationFrame(() => this.box.current?.querySelector<HTMLElement>(`[data-line="${CSS.escape(keyOf(m))}"]`)?.focus({ preventScroll: true }));
  }
}

/** showsMark says whether a line shows its time and state: the last of a group, and one that isn't as far as the next. */
function showsMark(m: Message, after: Message | undefined, last: boolean): boolean {
  return last || m.edited || m.expires_ms > 0 || m.timer_s > 0 || !after || after.state !== m.state;
}
