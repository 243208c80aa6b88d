import assert from "node:assert/strict";
import { test } from "node:test";
import { language } from "../strings";
import { known, load } from "./data";
import { emojiOnly } from "./only";
import { codeBefore, search, shortBefore } from "./search";

test("texts of emoji only", () => {
  const cases: [string, number][] = [
    ["👍", 1], ["👍👍 👍", 3], ["👍👍👍👍", 0], ["❤️", 1], ["❤", 1], ["👩‍👩‍👧‍👦", 1], ["🇩🇪🇫🇷", 2], ["👍🏽", 1], ["1️⃣", 1], ["🏴󠁧󠁢󠁳󠁣󠁴󠁿", 1],
    ["", 0], ["a", 0], ["1", 0], ["#", 0], ["👍!", 0], ["hi 👍", 0], ["©", 0], ["🇩", 0], ["\u200d", 0], ["👍".repeat(100), 0],
  ];
  for (const [text, want] of cases) assert.equal(emojiOnly(text), want, JSON.stringify(text));
});

test("what is being typed", () => {
  assert.deepEqual(shortBefore("hi :smi", 7), { start: 3, name: "smi" });
  assert.deepEqual(shortBefore(":smi", 4), { start: 0, name: "smi" });
  for (const text of ["at 10:30", ":s", "a:smile", "http://x", ": smile", ":sm ile"]) assert.equal(shortBefore(text, text.length), null, text);
  assert.deepEqual(codeBefore("a :Smile:", 9), { start: 2, name: "smile" });
  for (const text of ["a:b:", "::", "10:30:", ":a b:"]) assert.equal(codeBefore(text, text.length), null, text);
});

test("the data has names, groups and tones, and is found", async () => {
  const all = await load();
  assert.ok(all.length > 1500, `got ${all.length} emoji`);
  assert.ok(all.every((e) => e.char && e.name && e.codes.length > 0), "got an emoji without a name");
  const first = (q: string): string | undefined => search(all, q, 5)[0]?.char;
  assert.equal(first("thumbsup"), "👍");
  assert.equal(first(":heart:"), "❤️");
  assert.equal(first("tada"), "🎉");
  assert.equal(first("red heart"), "❤️");
  assert.equal(search(all, "wave", 5).some((e) => e.char === "👋" && e.tones.length === 5), true);
  assert.equal(search(all, "zzzz", 5).length, 0);
  assert.equal(search(all, " ", 5).length, 0);
});

test("emoji have names in the language of the page, and are found by English ones too", async () => {
  await load();
  language.value = "ar";
  assert.equal(known().length, 0, "those are English");
  const all = await load();
  const found = (q: string): string[] => search(all, q, 60).map((e) => e.char);
  assert.ok(found("قلب").includes("❤️"), found("قلب").join(" "));
  assert.ok(found("قَلْب").includes("❤️"), "vowel signs don't matter");
  assert.equal(found(":heart:")[0], "❤️");
  assert.ok(found("red heart").includes("❤️"));
  const arabic = all.filter((e) => /\p{Script=Arabic}/u.test(e.name)).length;
  assert.ok(arabic > 1500, `got ${arabic} Arabic names`);
  language.value = "en";
  assert.ok(known().length === 0 || known()[0]?.name === "grinning face");
});

test("every emoji that has skin tones has the five", async () => {
  const all = await load();
  for (const e of all) assert.ok(e.tones.length === 0 || (e.tones.length === 5 && new Set(e.tones).size === 5), e.name);
  assert.deepEqual(all.find((e) => e.char === "🤝")?.tones.slice(0, 2), ["🤝🏻", "🤝🏼"]);
  assert.equal(all.find((e) => e.char === "👫")?.tones[4], "👫🏿");
});
