import assert from "node:assert/strict";
import { test } from "node:test";
import { onceMore } from "./again";

const refused = (code: string) => Object.assign(new Error(code), { code });

/** calls refuses as many times as there are codes, and then answers how often it was called. */
function calls(...codes: string[]) {
  let n = 0;
  const call = async () => {
    const code = codes[n++];
    if (code) throw refused(code);
    return n;
  };
  return { call, made: () => n };
}

test("who isn't ready yet is asked once more", async () => {
  assert.equal(await onceMore(calls().call, 1), 1);
  assert.equal(await onceMore(calls("no_key_package").call, 1), 2);
  const twice = calls("no_key_package", "no_key_package");
  await assert.rejects(onceMore(twice.call, 1), { code: "no_key_package" });
  assert.equal(twice.made(), 2);
});

test("any other refusal stands", async () => {
  const other = calls("not_accepting");
  await assert.rejects(onceMore(other.call, 1), { code: "not_accepting" });
  assert.equal(other.made(), 1);
});
