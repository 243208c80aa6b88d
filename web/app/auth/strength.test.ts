import assert from "node:assert/strict";
import { test } from "node:test";
import { strength } from "./strength";

test("what is easy to guess is weak, and several words are strong", () => {
  const want: Record<string, string> = {
    "": "weak",
    "short1!": "weak",
    aaaaaaaaaaaaaaaaaaaaaaaa: "weak",
    abcdefghijklmnopqrstuvwx: "weak",
    "12345678901234567890": "weak",
    password: "weak",
    "brave otter lamp": "fair",
    "brave otter lamp river window": "strong",
    "x7!Kq2#vR9$mZ4": "strong",
  };
  for (const [text, how] of Object.entries(want)) assert.equal(strength(text), how, text);
});
