// What pages and the worker that runs the core say to each other.

/** A Failure is why a call was refused: Error of core.ts. */
export interface Failure {
  code: string;
  message: string;
  retry_ms?: number;
  captcha?: string;
}

/** A page asks. The id is the page's own; key is the same where it repeats a call. */
export interface ToCore {
  id: number;
  key: string;
  method: string;
  params: unknown;
}

/**
 * The core answers a page, or tells all of them. again: repeat what isn't answered;
 * reload: a newer version of the page has taken over.
 */
export type FromCore =
  | { id: number; result?: unknown; error?: Failure }
  | { event: string; data: unknown }
  | { again: true }
  | { reload: true };

/** What goes over the channel where there is no SharedWorker. */
export type Spoken = { from: string; call: ToCore } | { to: string; answer: FromCore } | FromCore;

/** The channel of Spoken. */
export const CALLS = "parley-calls";

/** The channel on which versions of the worker, and the service worker, find each other. */
export const HANDOVER = "parley-handover";

/** The lock that the tab holds whose worker runs the core, where there is no SharedWorker. */
export const LEADER_LOCK = "parley-leader";

/** pageLock is the lock that a tab holds as long as it lives. */
export function pageLock(page: string): string {
  return `parley-page-${page}`;
}
