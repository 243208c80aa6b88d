// What a page and its media worker say to each other.

import type { Access, Sealed } from "./format";

/** A Task is what a page wants done. */
export type Task = { do: "upload"; file: Blob } | { do: "download"; a: Sealed & { type: string }; room: string };

/** ToWorker: a job begins, is cancelled, or has leave. */
export type ToWorker = { id: number; task: Task } | { id: number; cancel: true } | { id: number; access: Access | null };

/** Failed is a MediaError, as it travels. */
export interface Failed {
  code: string;
  status: number;
}

/** FromWorker: a job is so far, wants leave, or has ended. */
export type FromWorker = { id: number; done: number; of: number } | { id: number; ask: true } | { id: number; result: Sealed | Blob } | { id: number; failed: Failed };
