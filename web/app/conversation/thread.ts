/**
 * The conversation that is open, as the core told of it last. When something has
 * changed the core tells with it how the end of the conversation is now; where it
 * doesn't, or that leaves a gap, a Thread asks. What else is in sight is asked for
 * then, and what isn't when it comes in sight.
 */

import { batch, signal } from "@preact/signals";
import type { Message, Page, Person, Room, RoomNews } from "../../lib/core";
import { codeOf, core, refresher, watched } from "../state";
import { onSupply } from "../warnings/supplied";
import { newLineOf } from "./grouping";
import { adjoins, dropNewer, dropOlder, firstSeq, fromPage, keyOf, lastSeq, nothing, put, type Window } from "./window";

/** How many lines are asked for at a time. */
const step = 80;
/** How many lines before the first new one are shown with it. */
const context = 12;
/** How long after a conversation couldn't be read it is read again, in milliseconds. */
const patience = 2000;
/** The refusals that pass by themselves. */
const passing: readonly string[] = ["failed", "offline", "unavailable"];

export type Phase = "loading" | "ready" | "gone";

export class Thread {
  readonly info = signal<Room | null>(null);
  readonly window = signal<Window>(nothing);
  readonly phase = signal<Phase>("loading");
  /** the key of the line that "new messages" stands above; '': none */
  readonly newLine = signal("");
  /** those of whom lines tell who aren't members any more, by account */
  readonly gone = signal<ReadonlyMap<string, Person>>(new Map());
  /** lines that came at the end while one read further up */
  readonly below = signal(0);
  /** where to land after all lines were replaced: a message's id, "new", or "" for the end */
  landing = "";
  /** counts how often all lines were replaced */
  readonly turn = signal(0);
  /** whether the last change put lines before the others: then the place is kept from the end */
  prepended = false;

  private busy = false;
  private closed = false;
  private marked = 0;
  /** counts how often the core told how the conversation is */
  private told = 0;
  /** the first number that is new, 0: none; and whether one has looked since it was */
  private firstNew = 0;
  private looked = false;
  private fresh = new WeakSet<Message>();
  private sight: { first: Message; last: Message } | null = null;
  private readonly stop: () => void;
  /** refresh asks again, soon */
  readonly refresh = refresher(() => this.again());

  constructor(readonly room: string) {
    const one = core.on("room", (e) => {
      if (e.room === this.room) this.heard(e);
    });
    const all = core.on("rooms", () => this.phase.value === "gone" && this.heard());
    const hints = onSupply(() => this.refresh());
    this.stop = () => (one(), all(), hints());
  }

  /** heard takes what the core told, or asks again. What isn't here may come: a notification can be faster than its conversation. */
  private heard(e?: RoomNews): void {
    if (this.phase.value === "gone") void this.open("");
    else if (e?.now && e.tail && this.phase.value === "ready") this.tell(e.now, e.tail);
    else this.refresh();
  }

  /** tell shows how the conversation is now; if its last lines aren't next to those that are held, these are asked for. */
  private tell(info: Room, tail: Page): void {
    this.told++;
    const w = this.window.value;
    const next = adjoins(w, tail);
    this.show(info, w.newer || !next ? null : tail);
    if (!w.newer && !next) this.refresh();
    else void this.look();
  }

  private show(info: Room | null, tail: Page | null): void {
    this.fresh = new WeakSet();
    batch(() => {
      if (info) {
        const departed = (before: Person) => !info.members.some((m) => m.account === before.account);
        this.remember((this.info.value?.members ?? []).filter(departed));
        this.info.value = info;
      }
      if (tail) this.remember(tail.people);
      if (tail) this.end(tail);
    });
  }

  close(): void {
    this.closed = true;
    this.stop();
  }

  /** open reads the conversation: at a message if one is wanted, else at the first new one, else its end. */
  async open(message: string): Promise<void> {
    try {
      const info = await core.room({ room: this.room });
      const page = await this.firstPage(info, message);
      if (this.closed) return;
      batch(() => {
        this.info.value = info;
        this.firstNew = info.first_new;
        const found = message !== "" && page.messages.some((m) => m.id === message);
        this.replace(page, found ? message : info.first_new > 0 ? "new" : "");
        this.phase.value = "ready";
      });
    } catch (refused) {
      if (!this.left(refused)) setTimeout(() => this.closed || void this.open(message), patience);
    }
  }

  /** left is whether a refusal means that the conversation isn't here any more; then that is shown. */
  private left(refused: unknown): boolean {
    const gone = !passing.includes(codeOf(refused));
    if (gone && !this.closed) this.phase.value = "gone";
    return gone;
  }

  private async firstPage(info: Room, message: string): Promise<Page> {
    if (message !== "") {
      const page = await this.around(message);
      if (page) return page;
    }
    const far = info.first_new > context && info.unread > step - context;
    if (!far) return this.history({ limit: step });
    return this.history({ after: info.first_new - context, limit: step });
  }

  private replace(page: Page, landing: string): void {
    this.landing = landing;
    this.take(fromPage(page), page.messages);
    this.turn.value++;
  }

  private async history(of: { before?: number; after?: number; around?: string; limit: number }): Promise<Page> {
    const page = await core.history({ room: this.room, ...of });
    this.remember(page.people);
    return page;
  }

  private remember(people: readonly Person[]): void {
    const known = this.gone.value;
    const fresh = people.filter((p) => JSON.stringify(known.get(p.account)) !== JSON.stringify(p));
    if (fresh.length > 0) this.gone.value = new Map([...known, ...fresh.map((p) => [p.account, p] as const)]);
  }

  private async around(id: string): Promise<Page | null> {
    try {
      const page = await this.history({ around: id, limit: step });
      return page.messages.some((m) => m.id === id) ? page : null;
    } catch {
      return null;
    }
  }

  private take(w: Window, fresh: readonly Message[], prepended = false): void {
    for (const m of fresh) this.fresh.add(m);
    this.prepended = prepended;
    if (this.newLine.value === "" && this.firstNew > 0) this.newLine.value = newLineOf(w, this.firstNew);
    this.window.value = w;
  }

  /** mark puts "new messages" above the first from a number on, 0: nowhere. */
  private mark(from: number): void {
    this.firstNew = from;
    this.looked = watched.value;
    this.newLine.value = newLineOf(this.window.value, from);
  }

  /** older and newer put what is before, or after, to what is held; unless that is another part by the time it comes, to which it would leave a gap. */
  older(): Promise<void> {
    return this.extend(this.window.value.older, async () => {
      const before = firstSeq(this.window.value);
      const page = await this.history({ before, limit: step });
      if (firstSeq(this.window.value) === before) this.merge(page, true);
    });
  }

  newer(): Promise<void> {
    return this.extend(this.window.value.newer, async () => {
      const after = lastSeq(this.window.value);
      const page = await this.history({ after, limit: step });
      if (lastSeq(this.window.value) === after) this.merge(page, false);
    });
  }

  private async extend(more: boolean, load: () => Promise<void>): Promise<void> {
    if (!more || this.busy) return;
    this.busy = true;
    await load().catch(() => undefined);
    this.busy = false;
  }

  private merge(page: Page, prepended: boolean): void {
    if (this.closed) return;
    const before = this.window.value;
    const w = put(before, page);
    // A page that held nothing new at an end means that there is nothing.
    const stuck = w.messages === before.messages;
    this.take(stuck && prepended ? { ...w, older: page.older && page.messages.length > 0 } : w, w.messages, prepended && w.messages.length > before.messages.length);
  }

  /** trim lets go of lines that are far from where one reads. It is called between two drawings of its own: the list keeps its place by one end at a time. */
  trim(keepOlder: boolean): void {
    const w = this.window.value;
    const now = keepOlder ? dropNewer(w) : dropOlder(w);
    if (now !== w) this.take(now, [], !keepOlder);
  }

  /** jump shows the part around a message that isn't held; whether there is one. */
  async jump(id: string): Promise<boolean> {
    const page = await this.around(id);
    if (!page || this.closed) return false;
    batch(() => this.replace(page, id));
    return true;
  }

  /** newest shows the end. */
  async newest(): Promise<void> {
    this.below.value = 0;
    if (!this.window.value.newer) return;
    const page = await this.history({ limit: step }).catch(() => null);
    if (page && !this.closed) batch(() => this.replace(page, ""));
  }

  private async again(): Promise<void> {
    if (this.phase.value !== "ready") return;
    const told = this.told;
    const info = await this.facts();
    if (!info) return;
    const [w, turn] = [this.window.value, this.turn.value];
    const tail = w.newer ? null : await this.tail(w);
    if (this.closed) return;
    const held = this.turn.value === turn && !this.window.value.newer; // else the tail isn't next to what is held
    this.show(this.told === told ? info : null, held ? tail : null); // what was told meanwhile is newer
    await this.look();
  }

  /** facts asks how the conversation is; null: it isn't here any more. */
  private async facts(): Promise<Room | null> {
    try {
      return await core.room({ room: this.room });
    } catch (refused) {
      if (this.left(refused)) return null;
      throw refused;
    }
  }

  /** tail asks for the last lines, from one that is held, so that no gap comes up. */
  private tail(w: Window): Promise<Page> {
    const from = w.messages[Math.max(0, w.messages.length - 40)]?.seq ?? 0;
    return from > 1 ? this.history({ after: from - 1, limit: 200 }) : this.history({ limit: 200 });
  }

  private end(page: Page): void {
    const before = this.window.value;
    const last = lastSeq(before);
    const w = put(before, page);
    if (w.messages !== before.messages) this.take(w, page.messages);
    else if (w.newer !== before.newer || w.older !== before.older) this.window.value = w;
    const came = w.messages.filter((m) => m.seq > last && m.kind === "text" && !m.blocked);
    const first = came.find((m) => !m.own);
    if (came.some((m) => m.own)) this.mark(0);
    else if (first && !watched.value && (this.looked || this.firstNew === 0)) this.mark(first.seq);
    this.below.value += came.filter((m) => !m.own).length;
    for (const m of w.messages.slice(-page.messages.length)) this.fresh.add(m);
  }

  /** seen says which lines are in sight: what of them may have changed since is asked for. */
  seen(first: Message, last: Message): void {
    this.sight = { first, last };
    if (!this.fresh.has(first) || !this.fresh.has(last)) void this.look();
  }

  private async look(): Promise<void> {
    const s = this.sight;
    if (!s || s.first.seq === 0 || this.busy) return;
    const all = this.window.value.messages;
    const [first, last] = [s.first, s.last].map((m) => all.find((now) => keyOf(now) === keyOf(m)));
    if (!first || (this.fresh.has(first) && last && this.fresh.has(last))) return;
    const from = all.indexOf(first);
    const shown = all.slice(Math.max(0, from - 5), Math.max(0, from - 5) + 60);
    const after = (shown[0]?.seq ?? 0) - 1;
    if (after < 1) return;
    const page = await this.history({ after, limit: shown.length }).catch(() => null);
    const now = this.window.value;
    if (!page || this.closed || now.messages !== all) return;
    const w = put(now, { ...page, newer: page.newer || now.newer });
    this.take(w, w.messages.slice(Math.max(0, from - 5), Math.max(0, from - 5) + page.messages.length));
  }

  /** read tells the core that lines up to one were in sight of the person. */
  read(seq: number): void {
    this.looked = true;
    if (seq <= this.marked || this.info.value?.request) return;
    this.marked = seq;
    core.markRead({ room: this.room, seq }).catch(() => (this.marked = 0));
  }
}
