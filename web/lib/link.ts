// How a page reaches the worker that runs the core.

import { CALLS, LEADER_LOCK, pageLock, type FromCore, type Spoken, type ToCore } from "./messages";
import { workerURL } from "./urls";

/** A Link carries calls to the core; what comes back goes to the function that it was opened with. */
export interface Link {
  post(m: ToCore): void;
}

/** openLink opens the way that this browser has. */
export function openLink(deliver: (m: FromCore) => void): Link {
  return "SharedWorker" in globalThis ? sharedLink(deliver) : electedLink(deliver);
}

/** never keeps a lock until the tab is closed. */
const never = () => new Promise<void>(() => {});

/** How long after a worker couldn't be loaded it is tried again, in milliseconds. */
const PATIENCE_MS = 3000;

/** onceMore calls again, after a while, if a worker's program couldn't be loaded; what it reports once it runs is no such failure. */
function onceMore(worker: AbstractWorker, again: () => void): void {
  worker.onerror = (e) => {
    if (!(e instanceof ErrorEvent)) setTimeout(again, PATIENCE_MS);
  };
}

/** sharedLink uses a SharedWorker: one core for all tabs. If it couldn't be loaded, the next one has the page repeat its calls. */
function sharedLink(deliver: (m: FromCore) => void): Link {
  const page = crypto.randomUUID();
  let port: MessagePort;
  const open = () => {
    const worker = new SharedWorker(workerURL() as string, { name: "parley-core" });
    port = worker.port;
    port.onmessage = (e: MessageEvent<FromCore>) => deliver(e.data);
    port.start();
    onceMore(worker, () => {
      open();
      port.postMessage({ page });
      deliver({ again: true });
    });
  };
  open();
  void navigator.locks.request(pageLock(page), () => {
    port.postMessage({ page });
    return never();
  });
  return { post: (m) => port.postMessage(m) };
}

/**
 * electedLink speaks to the worker of whichever tab holds the lock; that tab
 * starts it. When the tab is closed the next one does, whose worker has all tabs
 * repeat what isn't answered.
 */
function electedLink(deliver: (m: FromCore) => void): Link {
  const from = crypto.randomUUID();
  const channel = new BroadcastChannel(CALLS);
  channel.onmessage = (e: MessageEvent<Spoken>) => {
    const m = e.data;
    if ("to" in m) {
      if (m.to === from) deliver(m.answer);
    } else if (!("from" in m)) {
      deliver(m);
    }
  };
  const run = () => onceMore(new Worker(workerURL() as string, { name: "parley-core" }), run);
  void navigator.locks.request(LEADER_LOCK, () => {
    run();
    return never();
  });
  return { post: (call) => channel.postMessage({ from, call } satisfies Spoken) };
}
