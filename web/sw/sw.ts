// The service worker: the page starts without a connection, and a push becomes a
// notification. Its own text holds the names of all files of the page, so that a
// new version of the page is a new service worker.

import "parley:wasm_exec";
import type { Notice } from "../lib/core";
import { shell as ar } from "../app/strings/ar/shell";
import { shell as en } from "../app/strings/en/shell";
import { languageOf, runCore } from "../lib/host";
import { HANDOVER } from "../lib/messages";
import { heardMedia, mediaResponse } from "./media";

declare const PARLEY_SHELL: string; // paths of the page's files, with spaces between
declare const PARLEY_BUILD: string; // a hash of all of them

/** What TypeScript's DOM library lacks of a service worker. */
interface Extendable extends Event {
  waitUntil(p: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  request: Request;
  respondWith(r: Promise<Response>): void;
}
interface Clicked extends Extendable {
  notification: Notification;
}
interface Window_ {
  url: string;
  visibilityState: string;
  focus(): Promise<unknown>;
  postMessage(m: unknown): void;
}
interface Scope {
  registration: { showNotification(title: string, o: NotificationOptions): Promise<void>; getNotifications(): Promise<Notification[]> };
  clients: { matchAll(o: object): Promise<Window_[]>; openWindow(url: string): Promise<unknown>; claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install" | "activate" | "push", fn: (e: Extendable) => void): void;
  addEventListener(type: "message", fn: (e: MessageEvent) => void): void;
  addEventListener(type: "fetch", fn: (e: Fetching) => void): void;
  addEventListener(type: "notificationclick", fn: (e: Clicked) => void): void;
}
const scope = globalThis as unknown as Scope;

const CACHE = `parley-${PARLEY_BUILD}`;
const SHELL = PARLEY_SHELL.split(" ");

scope.addEventListener("install", (e) => e.waitUntil(install()));
scope.addEventListener("activate", (e) => e.waitUntil(activate()));
scope.addEventListener("push", (e) => e.waitUntil(pushed()));
scope.addEventListener("notificationclick", (e) => {
  e.notification.close();
  e.waitUntil(show(String(e.notification.data?.room ?? "")));
});
scope.addEventListener("message", heardMedia);
scope.addEventListener("fetch", (e) => {
  const media = mediaResponse(e.request);
  if (media) return e.respondWith(media);
  const path = pathOf(e.request);
  if (path) e.respondWith(serve(path, e.request));
});

/** install keeps all files of this version. What has a hash in its name may come from the browser's own cache. */
async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await Promise.all(SHELL.map(async (path) => cache.put(path, await fetched(path))));
  await scope.skipWaiting();
}

async function fetched(path: string): Promise<Response> {
  const response = await fetch(path, { cache: /-[A-Z0-9]{8}\.\w+$/.test(path) ? "default" : "no-cache" });
  if (!response.ok) throw new TypeError(`${path}: ${response.status}`);
  return response;
}

/** activate lets go of the versions before. */
async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((n) => n.startsWith("parley-") && n !== CACHE).map((n) => caches.delete(n)));
  await scope.clients.claim();
}

/** pathOf is which of our files a request is for, undefined: none. */
function pathOf(request: Request): string | undefined {
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return undefined;
  if (request.mode === "navigate") return url.pathname.startsWith("/v1/") ? undefined : "/index.html";
  return SHELL.includes(url.pathname) ? url.pathname : undefined;
}

async function serve(path: string, request: Request): Promise<Response> {
  const kept = await caches.open(CACHE).then((c) => c.match(path));
  return kept ?? fetch(request);
}

/** How long a push may keep this worker. */
const PUSH_MS = 25_000;

/** pushed syncs, and shows what there is to show unless somebody looks at the page. */
async function pushed(): Promise<void> {
  const notices = await Promise.race([sync().catch(() => null), new Promise<null>((r) => setTimeout(() => r(null), PUSH_MS))]);
  const windows = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (windows.some((w) => w.visibilityState === "visible")) return;
  if (notices?.elsewhere && windows.length > 0) return; // a hidden page shows its own
  if (notices === null) await notify({ room: "", id: "", title: "", text: "" }, "");
  for (const notice of notices?.list ?? []) await notify(notice, notices?.language ?? "");
}

/** The least time between a sync and its last notice. */
const SETTLE_MS = 150;

/** What came of a sync, whether the core is that of a page, and the language that was chosen on this device. */
interface Synced {
  list: Notice[];
  elsewhere: boolean;
  language: string;
}

/**
 * sync has the core read what there is: that of the pages, which may be alive
 * though no page is (a page that one has left may come back), else one of our own.
 */
async function sync(): Promise<Synced> {
  const notices: Notice[] = [];
  const core = await runCore(false, false, (event, data) => {
    if (event === "notify") notices.push(data as Notice);
  });
  if (!core) return syncElsewhere();
  try {
    await core.sync();
    await new Promise((r) => setTimeout(r, SETTLE_MS));
    return { list: notices, elsewhere: false, language: await languageOf(core) };
  } finally {
    await core.close();
  }
}

/** syncElsewhere asks whoever runs the core, and waits for what it has to show. */
function syncElsewhere(): Promise<Synced> {
  const channel = new BroadcastChannel(HANDOVER);
  const sync = crypto.randomUUID();
  return new Promise((resolve) => {
    channel.onmessage = (e: MessageEvent<{ synced?: string; notices?: Notice[]; language?: string }>) => {
      if (e.data.synced !== sync) return;
      channel.close();
      resolve({ list: e.data.notices ?? [], elsewhere: true, language: e.data.language ?? "" });
    };
    channel.postMessage({ sync });
  });
}

/** notify shows a notice: one notification a conversation. language: '' for the browser's own. */
function notify(n: Notice, language: string): Promise<void> {
  const words = (language || navigator.language).startsWith("ar") ? ar : en;
  const body = n.text || words["notify.one"];
  return scope.registration.showNotification(n.title || words.app, { body, tag: n.room || "parley", data: { room: n.room }, icon: "/icons/icon-192.png", dir: "auto" });
}

/** show brings the page to the front, with a conversation open. */
async function show(room: string): Promise<void> {
  const windows = await scope.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = windows[0];
  if (!open) return void (await scope.clients.openWindow(room ? `/#/c/${encodeURIComponent(room)}` : "/"));
  await open.focus();
  if (room) open.postMessage({ open: room });
}
