import assert from "node:assert/strict";
import { test } from "node:test";
import { bounded, mostScale, pinched, unzoomed, zoomed } from "./zoom";

const stage = { width: 400, height: 300 };
const picture = { width: 400, height: 200 };

test("what is under the finger stays there", () => {
  const z = zoomed(unzoomed, 2, { x: 100, y: 0 }, picture, stage);
  assert.deepEqual(z, { scale: 2, x: -100, y: 0 });
  assert.deepEqual(zoomed(z, 0.5, { x: 100, y: 0 }, picture, stage), { scale: 1, x: 0, y: 0 });
});

test("a picture stays in sight", () => {
  assert.deepEqual(bounded({ scale: 1, x: 90, y: -90 }, picture, stage), { scale: 1, x: 0, y: 0 });
  assert.deepEqual(bounded({ scale: 2, x: 999, y: -999 }, picture, stage), { scale: 2, x: 200, y: -50 });
  assert.equal(zoomed(unzoomed, 100, { x: 0, y: 0 }, picture, stage).scale, mostScale);
  assert.deepEqual(zoomed({ scale: 3, x: 200, y: 10 }, 0.01, { x: 0, y: 0 }, picture, stage), { scale: 1, x: 0, y: 0 });
});

test("two fingers enlarge and move", () => {
  const z = pinched(unzoomed, [{ x: -50, y: 0 }, { x: 50, y: 0 }], [{ x: -100, y: 0 }, { x: 100, y: 0 }], picture, stage);
  assert.deepEqual(z, { scale: 2, x: 0, y: 0 });
  const moved = pinched(z, [{ x: 0, y: 0 }, { x: 10, y: 0 }], [{ x: 30, y: 0 }, { x: 40, y: 0 }], picture, stage);
  assert.deepEqual(moved, { scale: 2, x: 30, y: 0 });
  assert.equal(pinched(z, [{ x: 1, y: 1 }, { x: 1, y: 1 }], [{ x: 1, y: 1 }, { x: 1, y: 1 }], picture, stage).scale, 2);
});
