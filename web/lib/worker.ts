// The worker that runs the core: a SharedWorker, to which each tab has a port, or
// the dedicated worker of the tab that was elected, to which all tabs speak over a
// BroadcastChannel.

import "parley:wasm_exec";
import type { Notice } from "./core";
import { languageOf, runCore, type Running } from "./host";
import { CALLS, HANDOVER, pageLock, type FromCore, type Spoken, type ToCore } from "./messages";

/** Which worker this is: its address holds a hash of it. */
const VERSION = self.location.pathname;

/** A Page is where answers go. */
interface Page {
  post(m: FromCore): void;
}

const pages = new Set<Page>();
const busy = new Set<string>(); // calls under way on the channel: page and id
const gathering = new Set<Notice[]>(); // of syncs that the service worker asked for
let core = begin();

/** begin runs a core, and another one after it if it ends by a fault. */
async function begin(): Promise<Running> {
  for (let wait = 500; ; wait = Math.min(2 * wait, 30_000)) {
    try {
      const running = await runCore(true, true, (event, data) => {
        if (event === "notify") for (const kept of gathering) kept.push(data as Notice);
        tell({ event, data });
      });
      void running!.ended.then(restart);
      return running!;
    } catch {
      await new Promise((r) => setTimeout(r, wait));
    }
  }
}

let over = false; // this version has made way for another one

function restart(): void {
  if (over) return;
  core = begin();
  busy.clear();
  void core.then(() => tell({ again: true }));
}

function tell(m: FromCore): void {
  for (const page of pages) page.post(m);
}

async function answer(call: ToCore, to: Page): Promise<void> {
  const outcome = await (await core).call(call.method, call.params, call.key);
  to.post({ id: call.id, ...outcome });
}

/** serveShared takes the ports of tabs. A tab that goes away lets go of its lock. */
function serveShared(scope: { onconnect: ((e: MessageEvent) => void) | null }): void {
  scope.onconnect = (e) => {
    const port = e.ports[0]!;
    const page: Page = { post: (m) => port.postMessage(m) };
    pages.add(page);
    port.onmessage = (m: MessageEvent<ToCore | { page: string }>) => {
      if ("page" in m.data) void navigator.locks.request(pageLock(m.data.page), () => void pages.delete(page));
      else void answer(m.data, page);
    };
  };
}

/** serveElected takes the calls of all tabs from the channel. */
function serveElected(): void {
  const channel = new BroadcastChannel(CALLS);
  pages.add({ post: (m) => channel.postMessage(m) });
  channel.onmessage = (e: MessageEvent<Spoken>) => {
    const m = e.data;
    if (!("from" in m)) return;
    const name = `${m.from} ${m.call.id}`;
    if (busy.has(name)) return; // it was repeated, and is under way
    busy.add(name);
    void answer(m.call, { post: (a) => channel.postMessage({ to: m.from, answer: a } satisfies Spoken) }).finally(() => busy.delete(name));
  };
  void core.then(() => tell({ again: true }));
}

/**
 * Two versions of the page can't run one core: the newer one asks, and the older
 * one makes way and has its tabs load the newer one. The service worker asks for
 * a sync here when a push has come.
 */
function listen(): void {
  const channel = new BroadcastChannel(HANDOVER);
  channel.onmessage = async (e: MessageEvent<{ version?: string; sync?: string }>) => {
    if (e.data.sync) {
      const notices: Notice[] = [];
      gathering.add(notices);
      const running = await core;
      await running.sync().catch(() => {});
      gathering.delete(notices);
      channel.postMessage({ synced: e.data.sync, notices, language: await languageOf(running) });
    } else if (e.data.version && e.data.version !== VERSION && !over) {
      over = true;
      await (await core).close();
      tell({ reload: true });
    }
  };
  channel.postMessage({ version: VERSION });
}

listen();
if ("onconnect" in globalThis) serveShared(globalThis as never);
else serveElected();
