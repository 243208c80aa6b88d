// The page's end of the media worker: one for the page, begun when there is something
// to do.

import { mediaWorkerURL } from "../urls";
import { MediaError, type Access } from "./format";
import type { FromWorker, Task, ToWorker } from "./jobs";

interface Job {
  access: () => Promise<Access>;
  progress(done: number, of: number): void;
  resolve(result: unknown): void;
  reject(e: unknown): void;
}

const jobs = new Map<number, Job>();
let last = 0;
let worker: Worker | undefined;

/** background has the worker do a task. When signal is aborted it rejects with its reason. */
export function background(task: Task, access: () => Promise<Access>, progress: (done: number, of: number) => void, signal: AbortSignal): Promise<unknown> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  const id = ++last;
  const to = (worker ??= begin());
  const cancel = () => {
    post(to, { id, cancel: true });
    jobs.get(id)?.reject(signal.reason);
  };
  signal.addEventListener("abort", cancel);
  return new Promise((resolve, reject) => {
    jobs.set(id, { access, progress, resolve, reject });
    post(to, { id, task });
  }).finally(() => {
    signal.removeEventListener("abort", cancel);
    setTimeout(() => jobs.delete(id), 10_000); // ending an upload may still ask for leave
  });
}

const post = (to: Worker, m: ToWorker): void => to.postMessage(m);

function begin(): Worker {
  const w = new Worker(mediaWorkerURL() as string);
  w.onmessage = (e: MessageEvent<FromWorker>) => void take(w, e.data);
  w.onerror = () => {
    if (worker === w) worker = undefined; // the next task begins another one
    w.terminate();
    for (const job of jobs.values()) job.reject(new MediaError("offline"));
    jobs.clear();
  };
  return w;
}

async function take(w: Worker, m: FromWorker): Promise<void> {
  const job = jobs.get(m.id);
  if (!job) return;
  if ("ask" in m) post(w, { id: m.id, access: await job.access().catch(() => null) });
  else if ("result" in m) job.resolve(m.result);
  else if ("failed" in m) job.reject(new MediaError(m.failed.code, m.failed.status));
  else job.progress(m.done, m.of);
}
