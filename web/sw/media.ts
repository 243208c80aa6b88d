// Videos and sounds that play, and seek, before they have arrived: the page's own
// address /media/HANDLE, answered by this service worker. It fetches the chunks of the
// blob that a range needs, checks each, and answers with what is in them.
//
// What a handle means is told by a page, and is kept in memory alone; a service worker
// that was started anew asks the pages. There is no key and no token in any address.

import { CHUNK, HEAD, MediaError, checkSealed, unbase64url, type Access } from "../lib/media/format";
import { fetchRange } from "../lib/media/fetching";
import { Patience, readUpTo, type Asker } from "../lib/media/http";
import { Box } from "../lib/media/keys";
import { openSpan, span } from "../lib/media/open";
import { MEDIA_PATH, playedType, type FromPage, type Played, type ToPage } from "../lib/media/playing";

/** The windows that are fetched ahead begin at this and double up to that: bytes of the plaintext, whole chunks. */
const FIRST_WINDOW = 16 * CHUNK;
const MOST_WINDOW = 64 * CHUNK;
/** How long pages have to say what a handle is, in milliseconds. */
const ANSWER_MS = 2500;
/** How long a window is tried for, in milliseconds: beyond a server's restart, short of the browser's own patience. */
const WINDOW_MS = 60_000;
/** Leave that ends this soon is asked for anew, in milliseconds. */
const EARLY = 10_000;
/** How many handles are kept; pages know the others still. */
const MOST_HANDLES = 32;

type Bytes = Uint8Array<ArrayBuffer>;

interface Page {
  postMessage(m: ToPage): void;
}
/** What TypeScript's DOM library lacks of a service worker. */
interface Scope {
  clients: { matchAll(o: object): Promise<Page[]> };
}
const scope = globalThis as unknown as Scope;

/** What a page told of a handle. */
interface Told {
  played: Played;
  access: Access;
}

/** A Medium is what a handle means. */
interface Medium extends Told {
  start: Promise<Start>;
}

/** A Start is what every range needs, and what the first one begins with. */
interface Start {
  box: Box;
  first: Bytes[]; // the plaintext's first window, chunk by chunk
  length: number; // of it
}

const media = new Map<string, Medium>();
const asked = new Map<string, ((m: Medium) => void)[]>(); // for handles and leave

/** heardMedia takes what a page says of a handle, and lets other messages be. */
export function heardMedia(e: MessageEvent): void {
  const m = e.data as FromPage | undefined;
  if (m?.media === undefined) return;
  if ("gone" in m) return void media.delete(m.media);
  const port = e.ports[0];
  try {
    const medium = keep(m.media, m.played, m.access);
    medium.start.then(
      () => port?.postMessage({ ok: true }),
      (why: unknown) => port?.postMessage(why instanceof MediaError ? { code: why.code, status: why.status } : { code: "offline", status: 0 }),
    );
  } catch {
    port?.postMessage({ code: "wrong", status: 0 });
  }
}

function keep(handle: string, played: Played, access: Access): Medium {
  checkSealed(played);
  const medium = media.get(handle) ?? begun(handle, { played, access });
  medium.access = access;
  media.delete(handle);
  media.set(handle, medium); // the newest is last
  for (const first of media.keys()) {
    if (media.size <= MOST_HANDLES) break;
    media.delete(first);
  }
  for (const answer of asked.get(handle)?.splice(0) ?? []) answer(medium);
  return medium;
}

function begun(handle: string, told: Told): Medium {
  return Object.assign(told, { start: begin(handle, told) });
}

/** begin fetches the head and the first window at once. */
async function begin(handle: string, medium: Told): Promise<Start> {
  const { played } = medium;
  const to = Math.min(played.size, FIRST_WINDOW);
  const s = span(played, 0, Math.max(to, 1));
  try {
    const bytes = await ranged(handle, medium, 0, s.to, new AbortController().signal);
    const box = await Box.unlock(unbase64url(played.key), bytes.slice(0, HEAD));
    return { box, first: await openSpan(box, played, s, bytes.subarray(HEAD), 0, to), length: to };
  } catch (e) {
    if (media.get(handle) === medium) media.delete(handle); // the next request asks again
    throw e;
  }
}

/** find is what a handle means, if need be by asking the pages. fresh: also if it is known, for new leave. */
async function find(handle: string, fresh: boolean): Promise<Medium | undefined> {
  const known = media.get(handle);
  if (known && !fresh) return known;
  let heard = (_: Medium | undefined): void => undefined;
  const answer = new Promise<Medium | undefined>((resolve) => (heard = resolve));
  asked.set(handle, [...(asked.get(handle) ?? []), heard]);
  const late = setTimeout(() => heard(undefined), ANSWER_MS);
  for (const page of await scope.clients.matchAll({ type: "window", includeUncontrolled: true })) page.postMessage({ wantMedia: handle });
  const medium = await answer;
  clearTimeout(late);
  const others = (asked.get(handle) ?? []).filter((fn) => fn !== heard);
  if (others.length > 0) asked.set(handle, others);
  else asked.delete(handle);
  return medium ?? known;
}

/** asker gives leave for a handle. What was refused is asked for anew. */
function asker(handle: string, medium: Told): Asker {
  let used = "";
  return async () => {
    const { token, expires_ms } = medium.access;
    if (token === used || expires_ms - EARLY < Date.now()) medium.access = (await find(handle, true))?.access ?? medium.access;
    used = medium.access.token;
    return medium.access;
  };
}

/** ranged fetches bytes of the blob, with patience: a server may start anew meanwhile. */
async function ranged(handle: string, medium: Told, from: number, to: number, signal: AbortSignal): Promise<Bytes> {
  const patience = new Patience(signal, WINDOW_MS);
  const ask = asker(handle, medium);
  const { blob, room } = medium.played;
  for (;;) {
    try {
      const response = await fetchRange(ask, blob, room, from, to, signal);
      const bytes = await readUpTo(response, to - from);
      if (bytes.length === to - from) return bytes;
      throw new TypeError("the answer ended early");
    } catch (e) {
      await patience.pause(e);
    }
  }
}

/** mediaResponse answers what is below /media/, and nothing else: undefined. */
export function mediaResponse(request: Request): Promise<Response> | undefined {
  const url = new URL(request.url);
  if (url.origin !== self.location.origin || !url.pathname.startsWith(MEDIA_PATH)) return undefined;
  if (request.method !== "GET" || request.mode === "navigate") return Promise.resolve(refused(404));
  return answer(url.pathname.slice(MEDIA_PATH.length), request.headers.get("Range"));
}

async function answer(handle: string, header: string | null): Promise<Response> {
  const medium = await find(handle, false);
  if (!medium) return refused(404);
  const { size, type } = medium.played;
  const range = rangeOf(header, size);
  if (!range) return refused(416, { "Content-Range": `bytes */${size}` });
  const start = await medium.start.catch(() => undefined);
  if (!start) return refused(502);
  const headers: Record<string, string> = { ...guarded, "Content-Type": playedType(type), "Content-Length": String(range.to - range.from), "Accept-Ranges": "bytes" };
  if (header) headers["Content-Range"] = `bytes ${range.from}-${range.to - 1}/${size}`;
  return new Response(body(handle, medium, start, range.from, range.to), { status: header ? 206 : 200, headers });
}

/** Nothing of a medium is ever a page, a script or a style. */
const guarded = {
  "X-Content-Type-Options": "nosniff",
  "Content-Security-Policy": "default-src 'none'; sandbox",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cache-Control": "no-store",
};

const refused = (status: number, headers: Record<string, string> = {}): Response => new Response(null, { status, headers: { ...guarded, ...headers } });

/** rangeOf reads a Range with one range (RFC 9110, Section 14.1.2); undefined: it can't be met. */
export function rangeOf(header: string | null, size: number): { from: number; to: number } | undefined {
  if (!header) return { from: 0, to: size };
  const m = /^bytes=(\d*)-(\d*)$/.exec(header);
  if (!m || (!m[1] && !m[2])) return undefined;
  const last = m[2] ? Number(m[2]) : size - 1;
  if (!m[1]) return last > 0 && size > 0 ? { from: Math.max(0, size - last), to: size } : undefined;
  const from = Number(m[1]);
  return from < size && from <= last ? { from, to: Math.min(last + 1, size) } : undefined;
}

/** body is the bytes from to to of a medium. One window is fetched ahead, and no more until it is wanted. */
function body(handle: string, medium: Medium, start: Start, from: number, to: number): ReadableStream<Uint8Array> {
  const stop = new AbortController();
  let at = from;
  let size = FIRST_WINDOW;
  let ahead: Promise<Bytes[]> | undefined;
  const next = (): Promise<Bytes[]> | undefined => {
    if (at >= to) return undefined;
    const begin = at;
    at = Math.min(to, begin < start.length ? start.length : Math.floor((begin + size) / CHUNK) * CHUNK);
    if (at <= start.length) return Promise.resolve(cut(start.first, begin, at));
    size = Math.min(size * 2, MOST_WINDOW);
    const part = fetched(handle, medium, start.box, begin, at, stop.signal);
    part.catch(() => {}); // it is awaited when it is wanted
    return part;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(out) {
        const chunks = await (ahead ?? next());
        ahead = chunks && next();
        for (const chunk of chunks ?? []) out.enqueue(chunk);
        if (!ahead) out.close();
      },
      cancel: () => stop.abort(),
    },
    { highWaterMark: 0 },
  );
}

/** cut is the bytes from to to of the first window. What is enqueued is given away: it is copied. */
function cut(chunks: Bytes[], from: number, to: number): Bytes[] {
  return chunks.map((c, i) => c.slice(Math.max(0, from - i * CHUNK), Math.max(0, to - i * CHUNK))).filter((c) => c.length > 0);
}

/** fetched is a window: nothing of it is returned unless all of it checks. */
async function fetched(handle: string, medium: Told, box: Box, from: number, to: number, signal: AbortSignal): Promise<Bytes[]> {
  const s = span(medium.played, from, to);
  const sealed = await ranged(handle, medium, s.from, s.to, signal);
  return openSpan(box, medium.played, s, sealed, from, to);
}
