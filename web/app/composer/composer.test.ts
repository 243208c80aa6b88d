import assert from "node:assert/strict";
import { test } from "node:test";
import { fitting, mentionBefore, spans, type Candidate } from "./mention";

const ann: Candidate = { account: "mimi://a/u/ann", display: "Ann", name: "ann" };
const anna: Candidate = { account: "mimi://a/u/anna", display: "Anna Løe", name: "anna.l" };
const zoe: Candidate = { account: "mimi://a/u/zoe", display: "Zoë 👍", name: "zoe" };

test("what is being typed after an @", () => {
  assert.deepEqual(mentionBefore("hi @an", 6), { start: 3, name: "an" });
  assert.deepEqual(mentionBefore("@", 1), { start: 0, name: "" });
  assert.deepEqual(mentionBefore("(@Anna L", 8), { start: 1, name: "Anna L" });
  for (const text of ["mail a@b", "no", "@a b c", "@@"]) assert.equal(mentionBefore(text, text.length) === null, text !== "@@", text);
});

test("who may be meant", () => {
  const all = [zoe, anna, ann];
  const names = (q: string): string => fitting(all, q, 8).map((c) => c.name).join(" ");
  assert.equal(names("an"), "ann anna.l");
  assert.equal(names("zoe"), "zoe");
  assert.equal(names("lø"), "anna.l");
  assert.equal(names(""), "ann anna.l zoe");
  assert.equal(names("x"), "");
  assert.equal(fitting(all, "", 1).length, 1);
});

test("spans are bytes of UTF-8", () => {
  const got = (text: string): string => spans(text, [ann, anna, zoe]).map((m) => `${m.account.slice(11)} ${m.start}-${m.end}`).join(", ");
  assert.equal(got("@Ann and @Anna Løe"), "ann 0-4, anna 9-19");
  assert.equal(got("é @Zoë 👍!"), "zoe 3-13");
  assert.equal(got("👍@Ann@Ann"), "ann 4-8");
  assert.equal(got("a@Ann @Annx @anna"), "");
  assert.equal(got("@Anna Løe's, @Ann."), "anna 0-10, ann 14-18");
});
