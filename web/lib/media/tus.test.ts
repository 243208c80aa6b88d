import assert from "node:assert/strict";
import { test } from "node:test";
import { uploadSealed } from "./tus";

Object.assign(globalThis, { self: Object.assign(new EventTarget(), { location: { origin: "https://s.example" } }) });

/** against runs an upload of one chunk against a server whose answers to PATCH say offset, until it has had so many requests. */
async function against(offset: (sent: number) => number, most: number): Promise<{ methods: string[]; error: unknown }> {
  const methods: string[] = [];
  const stop = new AbortController();
  globalThis.fetch = async (_, init) => {
    init?.signal?.throwIfAborted();
    methods.push(init?.method ?? "GET");
    if (methods.length === most) stop.abort();
    const sent = init?.body instanceof Blob ? init.body.size : 0;
    const headers = new Headers({ "Upload-Offset": String(init?.method === "PATCH" ? offset(sent) : 0), Location: "/v1/uploads/1" });
    const answer = new Response(null, { status: 204, headers });
    return Object.defineProperty(answer, "url", { value: "https://s.example/v1/uploads" });
  };
  const ask = async () => ({ base: "https://s.example", token: "t", expires_ms: 2 ** 50 });
  const error: unknown = await uploadSealed(new Blob(["hello"]), ask, () => {}, stop.signal).catch((e: unknown) => e);
  return { methods, error };
}

test("a server that takes nothing is waited for, not sent the same without end", async () => {
  const { methods } = await against(() => 0, 3);
  assert.deepEqual(methods.slice(0, 3), ["POST", "PATCH", "HEAD"]);
});

test("a server that has more than was sent, or numbers that are none, is wrong", async () => {
  for (const offset of [(n: number) => n + 1, () => -1, () => 2 ** 60, () => NaN]) {
    const { methods, error } = await against(offset, 9);
    assert.equal((error as { code?: string }).code, "wrong");
    assert.deepEqual(methods.slice(0, 2), ["POST", "PATCH"]);
  }
});
