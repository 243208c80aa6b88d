// Playing an attachment while it arrives: the page's end of web/sw/media.ts.

import { downloadAll } from "./download";
import { MediaError, base64url, type Access, type Sealed } from "./format";
import { MEDIA_PATH, playedType, type FromPage, type Played, type ToPage, type Verdict } from "./playing";

/** How long a service worker has to take over a page that it doesn't have yet, in milliseconds. */
const TAKEN_MS = 2000;
/** How long it has to say whether something can be played, in milliseconds. */
const VERDICT_MS = 70_000;

interface Medium {
  played: Played;
  access: () => Promise<Access>;
}

const media = new Map<string, Medium>(); // by handle: as long as somebody may play it

/**
 * playable returns an address that a video or audio element plays, and seeks in,
 * before all of it is there. Its chunks are checked as they come. Without a service
 * worker it is downloaded and checked whole first. It rejects as downloadAll does.
 * Who is done with it calls release; signal ends what is under way.
 */
export async function playable(a: Sealed & { type: string }, room: string, access: () => Promise<Access>, signal: AbortSignal): Promise<string> {
  const { blob, key, size, sealed, hash } = a;
  const type = playedType(a.type);
  const worker = await controller();
  if (!worker) return URL.createObjectURL(await downloadAll({ ...a, type }, room, access, signal));
  signal.throwIfAborted();
  listen();
  const handle = base64url(crypto.getRandomValues(new Uint8Array(16)));
  media.set(handle, { played: { blob, key, size, sealed, hash, type, room }, access });
  const stop = () => forget(handle);
  signal.addEventListener("abort", stop);
  const verdict = await tell(worker, handle, true)
    .catch(() => undefined)
    .finally(() => signal.removeEventListener("abort", stop));
  if (verdict && "ok" in verdict && media.has(handle)) return MEDIA_PATH + handle;
  forget(handle);
  signal.throwIfAborted();
  throw verdict && "code" in verdict ? new MediaError(verdict.code, verdict.status) : new MediaError("offline");
}

/** release lets go of an address that playable returned; so does the service worker. */
export function release(url: string): void {
  if (url.startsWith("blob:")) URL.revokeObjectURL(url);
  else forget(url.slice(MEDIA_PATH.length));
}

/** releaseAll lets go of everything: somebody signed out. */
export function releaseAll(): void {
  for (const handle of [...media.keys()]) forget(handle);
}

function forget(handle: string): void {
  media.delete(handle);
  const m: FromPage = { media: handle, gone: true };
  navigator.serviceWorker.controller?.postMessage(m);
}

/** controller is the service worker that answers this page's requests, if there is one. */
async function controller(): Promise<ServiceWorker | null> {
  const container = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!container) return null;
  if (container.controller) return container.controller;
  if ((await container.getRegistrations().catch(() => [])).length === 0) return null;
  return new Promise((resolve) => {
    const end = () => resolve(container.controller);
    container.addEventListener("controllerchange", end, { once: true });
    setTimeout(end, TAKEN_MS);
  });
}

/** tell says to the service worker what a handle means; wait: and waits for what comes of it. */
async function tell(to: ServiceWorker, handle: string, wait: boolean): Promise<Verdict | undefined> {
  const medium = media.get(handle);
  if (!medium) return undefined;
  const m: FromPage = { media: handle, played: medium.played, access: await medium.access() };
  if (media.get(handle) !== medium) return undefined; // it was let go of meanwhile
  if (!wait) return void to.postMessage(m);
  const { port1, port2 } = new MessageChannel();
  const answer = new Promise<Verdict>((resolve) => (port1.onmessage = (e) => resolve(e.data as Verdict)));
  to.postMessage(m, [port2]);
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), VERDICT_MS));
  return Promise.race([answer, late]).finally(() => port1.close());
}

let listening = false;

/** listen answers a service worker that was started anew, or that needs new leave. */
function listen(): void {
  if (listening) return;
  listening = true;
  navigator.serviceWorker.addEventListener("message", (e: MessageEvent<ToPage>) => {
    const handle = e.data?.wantMedia;
    if (handle && media.has(handle) && e.source) void tell(e.source as ServiceWorker, handle, false).catch(() => {});
  });
}
