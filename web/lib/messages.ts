// What pages and the worker that runs the core say to each other.

/** A Failure is why a call was refused: Error of core.ts. */
export interface Failure {
  code: string;
  message: string;
  retry_ms?: number;
}

/** A page asks. The id is the page's own. */
export interface ToCore {
  id: number;
  method: string;
  params: unknown;
}

/** The core answers a page, or tells all of them; again: repeat what isn't answered. */
export type FromCore =
  | { id: number; result?: unknown; error?: Failure }
  | { event: string; data: unknown }
  | { again: true };
