import assert from "node:assert/strict";
import { test } from "node:test";
import { aspectOf, fitInto, rowsOf } from "./layout";

test("a picture is made smaller, never larger", () => {
  assert.deepEqual(fitInto({ width: 4000, height: 3000 }, 2048), { width: 2048, height: 1536 });
  assert.deepEqual(fitInto({ width: 300, height: 6000 }, 2048), { width: 102, height: 2048 });
  assert.deepEqual(fitInto({ width: 10, height: 20 }, 2048), { width: 10, height: 20 });
  assert.deepEqual(fitInto({ width: 100_000, height: 1 }, 100), { width: 100, height: 1 });
});

test("an aspect is one that can be drawn", () => {
  assert.equal(aspectOf({ width: 0, height: 0 }), 1);
  assert.equal(aspectOf({ width: 1, height: 9999 }), 0.5);
  assert.equal(aspectOf({ width: 160, height: 100 }), 1.6);
});

test("every picture of an album has its place, in order", () => {
  for (let n = 1; n <= 25; n++) {
    const sizes = Array.from({ length: n }, (_, i) => ({ width: 100 + 37 * i, height: 200 }));
    const rows = rowsOf(sizes);
    const all = rows.flatMap((r) => r.cells.map((c) => c.index));
    assert.deepEqual(all, [...sizes.keys()], String(n));
    for (const r of rows) assert.ok(r.cells.length <= 4 && r.aspect > 0, String(n));
  }
  assert.equal(rowsOf([{ width: 16, height: 9 }, { width: 16, height: 9 }]).length, 2);
  assert.equal(rowsOf([{ width: 9, height: 16 }, { width: 16, height: 9 }]).length, 1);
});
