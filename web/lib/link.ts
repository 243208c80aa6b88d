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

/** sharedLink uses a SharedWorker: one core for all tabs. */
function sharedLink(deliver: (m: FromCore) => void): Link {
  const worker = new SharedWorker(workerURL() as string, { name: "parley-core" });
  worker.port.onmessage = (e: MessageEvent<FromCore>) => deliver(e.data);
  worker.port.start();
  const page = crypto.randomUUID();
  void navigator.locks.request(pageLock(page), () => {
    worker.port.postMessage({ page });
    return never();
  });
  return { post: (m) => worker.port.postMessage(m) };
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
  void navigator.locks.request(LEADER_LOCK, () => {
    new Worker(workerURL() as string, { name: "parley-core" });
    return never();
  });
  return { post: (call) => channel.postMessage({ from, call } satisfies Spoken) };
}
