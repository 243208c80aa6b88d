import assert from "node:assert/strict";
import { test } from "node:test";
import { initials, tone } from "./initials";

test("initials of names in several scripts", () => {
  const want: Record<string, string> = {
    "Ana Lopes": "AL",
    "Ana Maria Lopes": "AL",
    "ana.lopes": "AL",
    Émile: "É",
    "محمد علي": "مع",
    "👩‍🚀 Nova": "👩‍🚀N",
    " ": "",
    "--": "",
  };
  for (const [name, letters] of Object.entries(want)) assert.equal(initials(name), letters, name);
});

test("a tone is one of eight, and stays", () => {
  const seen = new Set<number>();
  for (let i = 0; i < 500; i++) {
    const one = tone(`mimi://parley.example/u/${i}`);
    assert.equal(one, tone(`mimi://parley.example/u/${i}`));
    assert.ok(one >= 0 && one < 8 && Number.isInteger(one), String(one));
    seen.add(one);
  }
  assert.equal(seen.size, 8);
});
