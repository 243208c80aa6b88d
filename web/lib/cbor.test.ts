import assert from "node:assert/strict";
import { test } from "node:test";
import { decode, encode } from "./cbor";

const hex = (b: Uint8Array) => Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");
const unhex = (s: string) => Uint8Array.from(s.match(/../g) ?? [], (x) => parseInt(x, 16));

void test("what is written is RFC 8949's, and reads back", () => {
  const cases: [unknown, string][] = [
    [0, "00"], [23, "17"], [24, "1818"], [255, "18ff"], [256, "190100"], [65536, "1a00010000"], [1e12, "1b000000e8d4a51000"], [-1, "20"], [-500, "3901f3"],
    [Number.MAX_SAFE_INTEGER, "1b001fffffffffffff"], [true, "f5"], [false, "f4"], [null, "f6"], ["", "60"], ["ü", "62c3bc"], [[1, [2]], "82018102"],
    [{ a: 1, bb: [] }, "a261610162626280"], [new Uint8Array([1, 2]), "420102"],
  ];
  for (const [value, want] of cases) {
    assert.equal(hex(encode(value)), want);
    assert.deepEqual(decode(unhex(want)), value);
  }
});

void test("undefined is left out, and long texts are whole", () => {
  assert.equal(hex(encode({ a: undefined, b: 1 })), "a1616201");
  const long = "😀".repeat(40_000);
  assert.equal(decode(encode(long)), long);
});

void test("what isn't a value of ours is refused", () => {
  for (const v of [1.5, NaN, 2 ** 60, () => 1, 1n]) assert.ok(refuses(() => encode(v)));
  for (const b of ["", "f7", "c000", "62ff", "8201", "f93c00"]) assert.ok(refuses(() => decode(unhex(b))), b);
});

function refuses(fn: () => unknown): boolean {
  try {
    fn();
    return false;
  } catch {
    return true;
  }
}
