import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { openLink } from "./link";
import type { FromCore } from "./messages";

/** A Shared is a SharedWorker as a page sees it. */
class Shared {
  static made: Shared[] = [];
  onerror: ((e: unknown) => void) | null = null;
  said: unknown[] = [];
  port = { onmessage: null as ((e: { data: FromCore }) => void) | null, start: () => undefined, postMessage: (m: unknown) => void this.said.push(m) };
  constructor() {
    Shared.made.push(this);
  }
}

class Reported {} // what a worker reports that runs

Object.assign(globalThis, { SharedWorker: Shared, ErrorEvent: Reported, PARLEY_WORKER: "/worker.js", self: { location: { href: "https://parley.example/", origin: "https://parley.example" } } });
Object.defineProperty(globalThis, "navigator", { value: { locks: { request: (_: string, held: () => unknown) => held() } } });

test("a worker that couldn't be loaded is loaded again, and asked what wasn't answered", () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const heard: FromCore[] = [];
  const link = openLink((m) => heard.push(m));
  const call = { id: 1, key: "k", method: "boot", params: {} };
  link.post(call);
  const [first] = Shared.made;
  first?.onerror?.(new Reported());
  mock.timers.tick(60_000);
  assert.equal(Shared.made.length, 1, "what a running worker reports isn't a failure to load");
  first?.onerror?.({});
  mock.timers.tick(60_000);
  mock.timers.reset();
  const second = Shared.made[1];
  assert.equal(Shared.made.length, 2);
  assert.deepEqual(heard, [{ again: true }]);
  link.post(call);
  assert.deepEqual(second?.said.slice(1), [call]);
  second?.port.onmessage?.({ data: { id: 1 } });
  assert.deepEqual(heard, [{ again: true }, { id: 1 }]);
});
