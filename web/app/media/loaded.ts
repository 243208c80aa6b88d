/**
 * Attachments that have arrived, as blob: URLs. Each was checked whole before it is
 * here. What is drawn holds its URL; what nobody holds any more is kept for a while,
 * up to a bound.
 */

import { signal, type ReadonlySignal, type Signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Attachment } from "../../lib/core";
import { downloadAll } from "../../lib/media/download";
import { playedType } from "../../lib/media/playing";
import { access } from "./access";
import { comesUnasked } from "./kinds";
import { animated } from "./photo";
import { drawable } from "./pixels";
import { lackOf } from "./reasons";

/** How far one has come. */
export type Loading =
  | { is: "waiting" }
  | { is: "ready"; url: string; moves: boolean } // moves: it is an animation
  | { is: "failed" } // it may work another time
  | { is: "gone" } // it isn't there any more
  | { is: "opened" } // it was to be viewed once, and was
  | { is: "unfit" }; // it isn't what it says, or too large to be drawn

interface Entry {
  state: Signal<Loading>;
  holders: number;
  bytes: number;
  file: Blob | null;
  stop: AbortController;
}

/** How many bytes are kept that nobody holds. */
const mostIdle = 48 << 20;
/** How many are fetched at once. */
const atOnce = 4;

const entries = new Map<string, Entry>(); // by nameOf, the one that was let go of last at the end

/** What names an arrived attachment. */
type Named = Pick<Attachment, "blob" | "key" | "role" | "type">;

/** nameOf tells apart what is checked in different ways: a blob that came as a sound wasn't looked at as a picture. */
const nameOf = (a: Named): string => [a.blob, a.key, a.role, a.type].join(" ");

let running = 0;
const waiting: (() => void)[] = [];

/** turn waits until fewer are fetched, and returns what ends the own turn. */
async function turn(): Promise<() => void> {
  if (running >= atOnce) await new Promise<void>((go) => waiting.push(go));
  running++;
  return () => {
    running--;
    waiting.shift()?.();
  };
}

/** hold asks for an attachment, which stays until release. */
function hold(a: Attachment, room: string): Entry {
  let entry = entries.get(nameOf(a));
  if (!entry) {
    entry = { state: signal<Loading>({ is: "waiting" }), holders: 0, bytes: 0, file: null, stop: new AbortController() };
    entries.set(nameOf(a), entry);
    void fetchInto(entry, a, room);
  }
  entry.holders++;
  return entry;
}

async function fetchInto(entry: Entry, a: Attachment, room: string): Promise<void> {
  if (!comesUnasked(a)) return void (entry.state.value = { is: "unfit" });
  const done = await turn();
  try {
    const file = await downloadAll({ ...a, type: a.role === "photo" ? a.type : playedType(a.type) }, room, access, entry.stop.signal);
    if (a.role === "photo" && !(await drawable(file, a.type))) entry.state.value = { is: "unfit" };
    else put(entry, file, a.role === "photo" && (await animated(file)));
  } catch (e) {
    if (!entry.stop.signal.aborted) entry.state.value = lackOf(e);
  } finally {
    done();
  }
}

function put(entry: Entry, file: Blob, moves: boolean): void {
  if (entry.stop.signal.aborted) return;
  entry.bytes = file.size;
  entry.file = file;
  entry.state.value = { is: "ready", url: URL.createObjectURL(file), moves };
}

function release(name: string, entry: Entry): void {
  entry.holders--;
  if (entry.holders > 0 || entries.get(name) !== entry) return;
  if (entry.state.value.is !== "ready") return drop(name, entry);
  entries.delete(name);
  entries.set(name, entry);
  let idle = 0;
  for (const [other, one] of [...entries].reverse()) {
    if (one.holders > 0) continue;
    idle += one.bytes;
    if (idle > mostIdle) drop(other, one);
  }
}

function drop(name: string, entry: Entry): void {
  if (entries.get(name) === entry) entries.delete(name);
  entry.stop.abort();
  if (entry.state.value.is === "ready") URL.revokeObjectURL(entry.state.value.url);
}

/** seed puts in what was just sent, so that it needn't be fetched. */
export function seed(a: Named, file: Blob, moves: boolean): void {
  const name = nameOf(a);
  if (entries.has(name) || file.size > mostIdle) return;
  const entry: Entry = { state: signal<Loading>({ is: "waiting" }), holders: 0, bytes: 0, file: null, stop: new AbortController() };
  entries.set(name, entry);
  put(entry, file, moves);
}

/** arrived is an attachment's file if it is here. */
export function arrived(a: Named): Blob | null {
  return entries.get(nameOf(a))?.file ?? null;
}

/** forget lets go of one at once: it was viewed once. */
export function forget(a: Named): void {
  const entry = entries.get(nameOf(a));
  if (entry) drop(nameOf(a), entry);
}

/** forgetLoaded lets go of all: somebody signed out. */
export function forgetLoaded(): void {
  for (const [name, entry] of [...entries]) drop(name, entry);
}

/** A Held attachment: what it is like now, and trying again. */
export interface Held {
  state: ReadonlySignal<Loading>;
  again(): void;
}

const never = signal<Loading>({ is: "waiting" });

/** useLoaded fetches an attachment while a component is drawn that wants it. */
export function useLoaded(a: Attachment, room: string, wanted = true): Held {
  const name = nameOf(a);
  const tries = useMemo(() => signal(0), [name]);
  const n = tries.value;
  const entry = useMemo(() => (wanted ? hold(a, room) : null), [name, room, wanted, n]);
  useEffect(() => () => void (entry && release(name, entry)), [entry]);
  const again = () => {
    if (entry) drop(name, entry);
    tries.value++;
  };
  return { state: (entry?.state ?? never) as ReadonlySignal<Loading>, again };
}
