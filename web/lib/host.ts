// What runs the core in a worker: it loads the program, holds the lock that lets one
// core write at a time, and carries calls, answers and events.

import { decode, encode } from "./cbor";
import type { Settings } from "./core";
import { installStore } from "./idb";
import type { Failure } from "./messages";
import { wasmURL } from "./urls";

/** The lock that whoever runs the core holds. */
export const CORE_LOCK = "parley-core";

/** The device's database. */
const STORE = "parley";

/** What cmd/parleywasm puts on globalThis. */
interface Program {
  open(store: string, follow: boolean, tell: (event: string, data: Uint8Array) => void): Promise<void>;
  call(method: string, params: Uint8Array, key: string, answer: (result: Uint8Array | null, error: Uint8Array | null) => void): void;
  sync(): Promise<void>;
  close(): Promise<void>;
}

interface GoRuntime {
  importObject: WebAssembly.Imports;
  run(instance: WebAssembly.Instance): Promise<void>;
}

interface Scope {
  Go: new () => GoRuntime;
  parleyReady?: () => void;
  parleyCore?: Program;
}

const scope = globalThis as unknown as Scope;

/** What came of a call. */
export interface Outcome {
  result?: unknown;
  error?: Failure;
}

/** A running core. */
export interface Running {
  /** call performs a method; of calls that send, one that is repeated with its key does nothing. */
  call(method: string, params: unknown, key: string): Promise<Outcome>;
  sync(): Promise<void>;
  /** close ends it, and gives the lock back. */
  close(): Promise<void>;
  /** ended settles when it has ended, by close or by a fault. */
  ended: Promise<void>;
}

/** languageOf is the language that was chosen on this device: as Settings.language, '' if nobody is here. */
export async function languageOf(core: Running): Promise<string> {
  const { result } = await core.call("settings", {}, "");
  return (result as Settings | undefined)?.language ?? "";
}

/** load fetches and compiles the program, once. */
let compiled: Promise<WebAssembly.Module> | undefined;
export function load(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compileStreaming(fetch(wasmURL())).catch((e: unknown) => {
    compiled = undefined;
    throw e;
  });
  return compiled;
}

/**
 * runCore waits for the lock and runs the core under it; undefined: wait is false
 * and somebody else holds it. tell is told the events.
 */
export function runCore(follow: boolean, wait: boolean, tell: (event: string, data: unknown) => void): Promise<Running | undefined> {
  installStore();
  const module = load();
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(CORE_LOCK, { ifAvailable: !wait }, async (lock) => {
      if (!lock) return resolve(undefined);
      let release = () => {};
      const until = new Promise<void>((r) => (release = r));
      const running = await start(await module, follow, tell, release);
      resolve(running);
      await until;
    });
    held.catch(reject);
    module.catch(reject);
  });
}

// start runs the program, and fails if it ends before it is open.
async function start(module: WebAssembly.Module, follow: boolean, tell: (event: string, data: unknown) => void, release: () => void): Promise<Running> {
  const go = new scope.Go();
  const instance = await WebAssembly.instantiate(module, go.importObject);
  const ready = new Promise<void>((r) => (scope.parleyReady = r));
  const run = go.run(instance);
  const ended = run.then(release, release);
  const fault = run.then(() => Promise.reject(new Error("the core ended")));
  fault.catch(() => undefined); // later it is ended that tells
  await Promise.race([ready, fault]);
  const program = scope.parleyCore!;
  await Promise.race([program.open(STORE, follow, (event, data) => tell(event, decode(data))), fault]);
  return {
    call: (method, params, key) =>
      new Promise((resolve) => {
        program.call(method, encode(params ?? {}), key, (result, error) =>
          resolve(error === null ? { result: decode(result!) } : { error: decode(error) as Failure }),
        );
      }),
    sync: () => program.sync(),
    close: async () => {
      await program.close();
      release();
    },
    ended,
  };
}
