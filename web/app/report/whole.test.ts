import assert from "node:assert/strict";
import { test } from "node:test";
import { whole } from "./whole";

test("the whole of a long request is its newest messages, as many as one report holds", () => {
  const all = Array.from({ length: 700 }, (_, i) => ({ id: `m${i}` }));
  const chosen = whole(all);
  assert.equal(chosen.size, 500);
  assert.ok(!chosen.has("m199") && chosen.has("m200") && chosen.has("m699"));
  assert.equal(whole(all.slice(0, 3)).size, 3);
});
