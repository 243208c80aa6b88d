// The worker that seals and opens attachments: hashing takes too long for the page's
// own thread.

import { downloadSealed } from "./fetching";
import { MediaError, type Access } from "./format";
import type { Failed, FromWorker, Task, ToWorker } from "./jobs";
import { uploadSealed } from "./tus";

const scope = globalThis as unknown as { onmessage: (e: MessageEvent<ToWorker>) => void; postMessage(m: FromWorker): void };

/** A Job is one under way. */
interface Job {
  stop: AbortController;
  waiting: ((access: Access | null) => void)[]; // for leave
}

const jobs = new Map<number, Job>();

scope.onmessage = ({ data }) => {
  if ("task" in data) return void run(data.id, data.task);
  const job = jobs.get(data.id);
  if ("cancel" in data) job?.stop.abort();
  else for (const answer of job?.waiting.splice(0) ?? []) answer(data.access);
};

async function run(id: number, task: Task): Promise<void> {
  const job: Job = { stop: new AbortController(), waiting: [] };
  jobs.set(id, job);
  try {
    scope.postMessage({ id, result: await perform(id, task, job) });
  } catch (e) {
    scope.postMessage({ id, failed: failed(e) });
  } finally {
    setTimeout(() => jobs.delete(id), 10_000); // what ends an upload may still ask for leave
  }
}

function perform(id: number, task: Task, job: Job) {
  const ask = async (): Promise<Access> => {
    const access = await new Promise<Access | null>((resolve) => {
      job.waiting.push(resolve);
      scope.postMessage({ id, ask: true });
    });
    if (!access) throw new TypeError("no leave now");
    return access;
  };
  const progress = (done: number, of: number) => scope.postMessage({ id, done, of });
  if (task.do === "upload") return uploadSealed(task.file, ask, progress, job.stop.signal);
  return downloadSealed(task.a, task.room, ask, progress, job.stop.signal);
}

function failed(e: unknown): Failed {
  if (e instanceof MediaError) return { code: e.code, status: e.status };
  return { code: (e as Error)?.name === "AbortError" ? "aborted" : "offline", status: 0 };
}
