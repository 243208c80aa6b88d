// The page's end of the core: every method of core.ts as a function, and events.

import { methodNames, type Boot, type Events, type Methods } from "./core";
import { openLink, type Link } from "./link";
import { mark } from "./mark";
import type { Failure, FromCore, ToCore } from "./messages";

/** A refused call. code is one of those that Error in core.ts lists; message is English. */
export class CoreError extends Error {
  readonly code: string;
  readonly retryMs: number;
  /** The platform's page that a person has to answer first, as AnswerCaptcha takes it; "" for none. */
  readonly captcha: string;
  constructor(e: Failure) {
    super(e.message);
    this.name = "CoreError";
    this.code = e.code;
    this.retryMs = e.retry_ms ?? 0;
    this.captcha = e.captcha ?? "";
  }
}

/** Core is the methods, and the events. */
export interface Core extends Methods {
  /** on has fn called for each event until the function that it returns is called. */
  on<E extends keyof Events>(event: E, fn: (data: Events[E]) => void): () => void;
}

type Listener = (data: never) => void;

interface Call extends ToCore {
  resolve(result: unknown): void;
  reject(e: CoreError): void;
}

/**
 * connect returns the core that all tabs share. It never fails: calls wait until
 * the core answers, and are repeated if the tab that ran it has gone.
 */
export async function connect(open: (deliver: (m: FromCore) => void) => Link = openLink): Promise<Core> {
  const calls = new Map<number, Call>();
  const listeners = new Map<string, Set<Listener>>();
  const page = crypto.randomUUID();
  let last = 0;
  const link = open((m) => {
    if ("again" in m) {
      for (const { id, key, method, params } of calls.values()) link.post({ id, key, method, params });
    } else if ("reload" in m) {
      reload();
    } else if ("event" in m) {
      const data = m.event === "boot" ? mark(m.data as Boot, false) : m.data;
      for (const fn of listeners.get(m.event) ?? []) fn(data as never);
    } else {
      const call = calls.get(m.id);
      calls.delete(m.id);
      if (m.error) call?.reject(new CoreError(m.error));
      else call?.resolve(["boot", "signUp", "signIn", "signOut"].includes(call?.method ?? "") ? mark(m.result as Boot, true) : m.result);
    }
  });
  const invoke = (method: string, params: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++last;
      const key = `${page} ${id}`;
      calls.set(id, { id, key, method, params, resolve, reject });
      link.post({ id, key, method, params });
    });
  const on = (event: string, fn: Listener) => {
    const set = listeners.get(event) ?? new Set();
    listeners.set(event, set.add(fn));
    return () => void set.delete(fn);
  };
  keep().catch(() => undefined); // it does as it likes, then
  const methods = Object.fromEntries(methodNames.map((name) => [name, (p?: unknown) => invoke(name, p ?? {})]));
  return { ...(methods as unknown as Methods), on: on as Core["on"] };
}

/** The least time between two reloads of a tab: versions that take turns mustn't spin. */
const RELOAD_MS = 10_000;

/** reload loads the page anew, as the version that has taken over. */
function reload(): void {
  const last = history.state?.reloaded ?? 0;
  setTimeout(() => {
    history.replaceState({ ...history.state, reloaded: Date.now() }, "");
    location.reload();
  }, Math.max(0, last + RELOAD_MS - Date.now()));
}

/** keep asks the browser not to delete by itself what this device keeps. */
async function keep(): Promise<void> {
  const storage = navigator.storage as StorageManager | undefined;
  if (storage?.persist && !(await storage.persisted())) await storage.persist();
}
