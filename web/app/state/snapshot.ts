// The top of the list as it was last, so that the page has something to show before
// the core runs. It is kept beside the core's store, sealed like that under a key
// that can't be taken out of the browser, and goes when somebody signs out. What was
// said isn't in it: a message may have disappeared since.
import type { RoomLine, Rooms } from "../../lib/core";

const database = "parley-first-paint";
const store = "kept";

/** How many lines of the list, and of the requests, are kept. */
const most = 30;

/** The least time between two keepings of the list, in milliseconds: changes come in bursts. */
const calmFor = 1000;

interface Kept {
  key: CryptoKey;
  iv: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
}

let timer: ReturnType<typeof setTimeout> | undefined;
let keptAt = -calmFor;

/** Counts what was forgotten: what was being sealed meanwhile isn't kept any more. */
let forgotten = 0;

/** keepSnapshot keeps the top of a list: at once, so that a visit that is over soon leaves it too, or in a while. */
export function keepSnapshot(now: Rooms) {
  clearTimeout(timer);
  const wait = Math.max(0, keptAt + calmFor - performance.now());
  timer = setTimeout(() => {
    keptAt = performance.now();
    void keep(now).catch(() => undefined);
  }, wait);
}

// keep seals first and then opens a transaction, which a wait for WebCrypto would end.
async function keep(now: Rooms): Promise<void> {
  const turn = forgotten;
  const top: Rooms = { ...now, rooms: now.rooms.slice(0, most).map(bare), requests: now.requests.slice(0, most).map(bare) };
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(top)));
  const kept: Kept = { key, iv, sealed };
  if (turn === forgotten) await use("readwrite", (list) => list.put(kept, 1));
}

function bare(line: RoomLine): RoomLine {
  return { ...line, last: undefined, draft: undefined, typing: [] };
}

/** snapshot is what was kept last, or null. */
export async function snapshot(): Promise<Rooms | null> {
  try {
    const kept = (await use("readonly", (list) => list.get(1))) as Kept | undefined;
    if (!kept) return null;
    const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv: kept.iv }, kept.key, kept.sealed);
    return JSON.parse(new TextDecoder().decode(text)) as Rooms;
  } catch {
    return null; // nothing was kept, or nothing can be
  }
}

/** forgetSnapshot deletes what was kept. */
export async function forgetSnapshot(): Promise<void> {
  clearTimeout(timer);
  forgotten++;
  await use("readwrite", (list) => list.clear()).catch(() => undefined);
}

async function use(mode: IDBTransactionMode, work: (list: IDBObjectStore) => IDBRequest): Promise<unknown> {
  const db = await open();
  try {
    return await answer(work(db.transaction(store, mode).objectStore(store)));
  } finally {
    db.close();
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open(database, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(store);
  return answer(request);
}

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("not kept"));
  });
}
