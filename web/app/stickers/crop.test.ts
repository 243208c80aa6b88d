import assert from "node:assert/strict";
import { test } from "node:test";
import { filling, fit, moved, mostZoom, whole, zoomed } from "./crop";

test("a picture is shown whole, in the middle", () => {
  assert.deepEqual(fit(200, 100, 512, whole), { x: 0, y: 128, width: 512, height: 256 });
  assert.deepEqual(fit(50, 100, 512, whole), { x: 128, y: 0, width: 256, height: 512 });
});

test("filling leaves nothing empty", () => {
  const at = fit(200, 100, 512, filling(200, 100));
  assert.deepEqual(at, { x: -256, y: 0, width: 1024, height: 512 });
  assert.equal(filling(100_000, 1).zoom, mostZoom);
});

test("it can be moved as far as there is more of it", () => {
  const crop = filling(200, 100);
  assert.equal(fit(200, 100, 512, moved(crop, 100, 50, 200, 100, 512)).x, -156);
  assert.equal(fit(200, 100, 512, moved(crop, 9999, 0, 200, 100, 512)).x, 0);
  assert.equal(fit(200, 100, 512, moved(crop, -9999, 0, 200, 100, 512)).x, -512);
  assert.equal(moved(crop, 0, 100, 200, 100, 512).y, 0);
});

test("zoom has bounds", () => {
  assert.equal(zoomed(whole, 0.1).zoom, 1);
  assert.equal(zoomed(whole, 99).zoom, mostZoom);
});
