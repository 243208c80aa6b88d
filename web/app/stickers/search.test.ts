import assert from "node:assert/strict";
import { test } from "node:test";
import { matching } from "./search";

test("a sticker is found by emoji, by words and by its pack", () => {
  const shelves = [
    { id: "a", name: "Foxes", items: [{ key: "a/1", emoji: "🦊", words: "", data: "1", pack: "Foxes", packID: "a" }] },
    { id: "starter", name: "Pip", items: [{ key: "s/1", emoji: "👋", words: "hello hi wave", data: "2", pack: "Pip", packID: "s" }] },
  ];
  const named = (e: string) => (e === "🦊" ? "fox animal" : "waving hand");
  const keys = (q: string) => matching(shelves, q, named).map((i) => i.key);
  assert.deepEqual(keys("🦊"), ["a/1"]);
  assert.deepEqual(keys("ani"), ["a/1"]);
  assert.deepEqual(keys("FOXES"), ["a/1"]);
  assert.deepEqual(keys("hi"), ["s/1"]);
  assert.deepEqual(keys("waving"), ["s/1"]);
  assert.deepEqual(keys("nothing"), []);
  assert.deepEqual(keys(" "), []);
});
