// How a page reaches the worker that runs the core.

import type { FromCore, ToCore } from "./messages";
import { workerURL } from "./urls";

/** A Link carries calls to the core; what comes back goes to the function that it was opened with. */
export interface Link {
  post(m: ToCore): void;
}

/** openLink opens the way that this browser has. */
export function openLink(deliver: (m: FromCore) => void): Link {
  return sharedLink(deliver);
}

/** sharedLink uses a SharedWorker: one core for all tabs. */
function sharedLink(deliver: (m: FromCore) => void): Link {
  const worker = new SharedWorker(workerURL() as string, { name: "parley-core" });
  worker.port.onmessage = (e: MessageEvent<FromCore>) => deliver(e.data);
  worker.port.start();
  return { post: (m) => worker.port.postMessage(m) };
}
