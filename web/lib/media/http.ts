// Requests for blobs: the session's token in a header, never in an address.

import { decode } from "../cbor";
import { MediaError, wrong, type Access } from "./format";

/** What a server of an attachment may say of a refusal, in bytes. */
const MOST_SAID = 4096;

/** How long to wait after the first failure, and at most, in milliseconds. */
const FIRST_WAIT = 300;
const MOST_WAIT = 5000;

/** How long a request is tried again without any success, in milliseconds. */
const PATIENCE = 120_000;

/** An Asker gives leave: fresh, where what it gave before was refused. */
export type Asker = () => Promise<Access>;

/** send makes a request. What a server refuses is a MediaError; no connection is a TypeError, as fetch has it. */
export async function send(ask: Asker, path: string, init: RequestInit & { headers?: Record<string, string> }): Promise<Response> {
  const access = await ask();
  const url = new URL(path, access.base || self.location.origin);
  if (url.origin !== new URL(access.base || self.location.origin).origin) throw wrong(); // the token goes to the server alone
  const headers = { ...init.headers, Authorization: `Bearer ${access.token}` };
  const response = await fetch(url, { ...init, headers, cache: "no-store", credentials: "omit", redirect: "error", referrerPolicy: "no-referrer" });
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<MediaError> {
  let code = "";
  try {
    const said = decode(await readUpTo(response, MOST_SAID)) as { code?: unknown };
    if (typeof said?.code === "string") code = said.code;
  } catch {
    // a proxy's own words, or none
  }
  return new MediaError(code || `status ${response.status}`, response.status);
}

/** readUpTo reads a body that has most bytes at most; a longer one throws wrong. */
export async function readUpTo(response: Response, most: number): Promise<Uint8Array<ArrayBuffer>> {
  const out = new Uint8Array(most);
  const reader = response.body?.getReader();
  let at = 0;
  for (;;) {
    const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
    if (done) return out.slice(0, at);
    if (at + value.length > most) {
      void reader?.cancel();
      throw wrong();
    }
    out.set(value, at);
    at += value.length;
  }
}

/** lasting says whether trying again won't help. */
function lasting(e: unknown): boolean {
  if (!(e instanceof MediaError)) return !(e instanceof TypeError || (e as Error)?.name === "NetworkError");
  return !(e.status === 408 || e.status === 409 || e.status === 423 || e.status === 429 || e.status >= 500) || e.status === 507;
}

/**
 * A Patience tries again after failures that pass: a connection that drops, a server
 * that starts anew. It gives up after a while without success.
 */
export class Patience {
  private since = 0;
  private wait = FIRST_WAIT;
  private refusals = 0;

  constructor(
    private readonly signal: AbortSignal,
    private readonly most = PATIENCE,
  ) {}

  /** worked says that there was progress. */
  worked(): void {
    this.since = 0;
    this.wait = FIRST_WAIT;
    this.refusals = 0;
  }

  /** pause waits before the next attempt, or throws what is final. */
  async pause(e: unknown): Promise<void> {
    this.signal.throwIfAborted();
    if (e instanceof MediaError && e.status === 401 && this.refusals++ < 2) return; // leave had ended: ask for it again
    if (lasting(e)) throw e;
    this.since ||= Date.now();
    if (Date.now() - this.since > this.most) throw e instanceof MediaError ? e : new MediaError("offline");
    await sleep(this.wait, this.signal);
    this.wait = Math.min(this.wait * 2, MOST_WAIT);
  }
}

/** sleep ends early when a connection is back, and throws when the signal is aborted. */
function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      self.removeEventListener("online", end);
      signal.removeEventListener("abort", end);
      if (signal.aborted) reject(signal.reason as Error);
      else resolve();
    };
    const timer = setTimeout(end, ms);
    self.addEventListener("online", end);
    signal.addEventListener("abort", end);
  });
}
