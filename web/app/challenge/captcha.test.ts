import assert from "node:assert/strict";
import { test } from "node:test";
import { answerIn, mayFrame, question, withPerson, type Outcome } from "./captcha";

const page = "https://who.example/check?site=7";
const asked = (captcha: string) => Object.assign(new Error("asked"), { code: "challenge_required", captcha });

const seen = new WeakSet<object>();

/** answers answers what is asked next, once it is. */
async function answers(outcome: Outcome, again = false) {
  const end = Date.now() + 30_000;
  while (!question.value || seen.has(question.value)) {
    assert.ok(Date.now() < end, "nobody is asked");
    await new Promise((later) => setTimeout(later));
  }
  seen.add(question.value);
  assert.equal(question.value.again, again);
  const { done } = question.value;
  if (outcome !== "wrong") question.value = null;
  done(outcome);
}

test("what is refused is done once somebody has answered", async () => {
  (globalThis as { location?: unknown }).location = { origin: "https://dm.example" };
  let calls = 0;
  const call = async () => {
    if (++calls < 3) throw asked(page);
    return "done";
  };
  const made = withPerson(call);
  await answers("answered");
  await answers("answered");
  assert.equal(await made, "done");
  const left = withPerson(async () => Promise.reject(asked(page)));
  await Promise.all([assert.rejects(left, { code: "challenge_required" }), answers("left")]);
});

test("what was asked is asked anew once an answer isn't taken: it may have run out", async () => {
  let calls = 0;
  const call = async () => {
    if (++calls < 4) throw asked(page);
    return "done";
  };
  const made = withPerson(call);
  await answers("wrong");
  await answers("wrong", true);
  assert.notEqual(question.value, null, "the dialog stays meanwhile");
  await answers("answered", true);
  assert.equal(await made, "done");
  assert.equal(calls, 4);
  assert.equal(question.value, null);
  const gone = withPerson(async () => {
    if (question.value) throw Object.assign(new Error("gone"), { code: "unavailable" });
    throw asked(page);
  });
  await Promise.all([assert.rejects(gone, { code: "unavailable" }), answers("wrong")]);
  assert.equal(question.value, null, "what fails otherwise ends the question");
});

test("who is wrong again and again is refused", async () => {
  let calls = 0;
  const never = withPerson(async () => Promise.reject(asked((calls++, page))));
  const all = async () => {
    for (let i = 0; i < 10; i++) await answers("wrong", i > 0);
  };
  await Promise.all([assert.rejects(never, { code: "challenge_required" }), all()]);
  assert.equal(calls, 11);
});

test("nobody is asked for ever, nor for what isn't a captcha", async () => {
  let calls = 0;
  const never = withPerson(async () => Promise.reject(asked((calls++, page))));
  await Promise.all([assert.rejects(never, { code: "challenge_required" }), answers("answered").then(() => answers("answered")).then(() => answers("answered"))]);
  assert.equal(calls, 4);
  for (const captcha of ["", "https://dm.example/check", "http://who.example/check", "javascript:alert(1)", "https://a:b@who.example/"]) {
    await assert.rejects(withPerson(async () => Promise.reject(asked(captcha))), { code: "challenge_required" });
    assert.equal(question.value, null);
  }
});

test("only another origin is framed", () => {
  assert.equal(mayFrame(page, "https://dm.example"), true);
  assert.equal(mayFrame(page, "https://who.example"), false);
  assert.equal(mayFrame("http://127.0.0.1:9/check", "https://dm.example"), true);
});

test("an answer comes from the platform's page in its frame alone", () => {
  const frame = {} as Window;
  const said = (data: unknown, source: unknown = frame, origin = "https://who.example") => answerIn({ data, source: source as Window, origin }, frame, page);
  assert.equal(said({ parley: "captcha", answer: "yes" }), "yes");
  assert.equal(said({ parley: "captcha", answer: "yes" }, {}), "");
  assert.equal(said({ parley: "captcha", answer: "yes" }, frame, "https://evil.example"), "");
  assert.equal(answerIn({ data: { parley: "captcha", answer: "yes" }, source: null, origin: "https://who.example" }, null, page), "");
  for (const data of [null, "captcha", { answer: "yes" }, { parley: "captcha" }, { parley: "captcha", answer: 7 }, { parley: "captcha", answer: "x".repeat(4097) }]) assert.equal(said(data), "");
});
