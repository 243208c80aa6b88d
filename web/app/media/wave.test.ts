import assert from "node:assert/strict";
import { test } from "node:test";
import { clockOf, decodeWave, encodeWave, levelOf, reduced } from "./wave";

test("silence is low, a full tone is high", () => {
  assert.equal(levelOf([]), 0);
  assert.equal(levelOf(new Float32Array(256)), 0);
  const tone = (loud: number) => Float32Array.from({ length: 512 }, (_, i) => loud * Math.sin(i / 3));
  assert.ok(levelOf(tone(1)) > 240);
  assert.ok(levelOf(tone(0.05)) > 60 && levelOf(tone(0.05)) < levelOf(tone(0.3)));
});

test("levels are brought to as many as there are bars", () => {
  assert.deepEqual(reduced([1, 2, 3], 64), [1, 2, 3]);
  assert.deepEqual(reduced([1, 9, 2, 3, 0, 7], 3), [9, 3, 7]);
  for (const n of [65, 100, 1200]) assert.equal(reduced(Array(n).fill(5)).length, 64);
});

test("a wave comes back as it was; what isn't one is flat", () => {
  assert.deepEqual(decodeWave(encodeWave([0, 17.4, 255, 999, -3])), [0, 17, 255, 255, 0]);
  assert.equal(decodeWave(encodeWave(Array(500).fill(9))).length, 64);
  for (const bad of ["", "?", "é", btoa("x".repeat(65))]) assert.equal(new Set(decodeWave(bad)).size, 1, bad);
});

test("times", () => {
  assert.equal(clockOf(0), "0:00");
  assert.equal(clockOf(59_600), "1:00");
  assert.equal(clockOf(3_723_000), "1:02:03");
  assert.equal(clockOf(-5), "0:00");
});
