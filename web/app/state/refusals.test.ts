import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CoreError } from "../../lib/client";
import { reasonOf, sentenceOf as mediaSentenceOf } from "../media/reasons";
import { ar } from "../strings/ar";
import { en } from "../strings/en";
import type { Key } from "../strings";
import { explain, sentenceOf } from "./core";

// What the server can say is read where it is defined: who adds a reason there has to say it here.
const wire = new TextDecoder().decode(readFileSync("../wire/errors.go"));
const values = (type: string) => [...wire.matchAll(new RegExp(`^\\t${type}\\w+\\s+${type} += "(\\w+)"`, "gm"))].map((found) => found[1]!);

/** The codes with which a policy, a block, a sanction or a limit refuses; a reason takes the place of not_allowed (bridge.errorOf). */
const codes = ["not_allowed", "not_accepting", "request_pending", "challenge_required", "rate_limited", "limited", "suspended", "unknown_account"];

/** Reasons that come with another code than not_allowed, which is what the page gets, and what says them then. */
const comes: Record<string, () => Key> = { media: () => mediaSentenceOf(reasonOf({ code: "request_pending" })) };

const refused = (code: string) => new CoreError({ code, message: "as the server says it", retry_ms: 0 });

test("the page says every reason that the server can give, in each language", () => {
  const reasons = values("Reason");
  assert.ok(reasons.includes("own_age") && reasons.length >= 6, `the reasons of wire/errors.go: ${reasons.join(", ")}`);
  const said = new Map<string, string>();
  for (const reason of reasons) {
    const key = comes[reason]?.() ?? sentenceOf(reason);
    assert.notEqual(key, "error.failed", `${reason} isn’t said`);
    for (const [language, table] of Object.entries({ en, ar })) {
      const text = (table as Record<string, unknown>)[key];
      assert.ok(typeof text === "string" && text.length > 10, `${reason} in ${language}: ${String(text)}`);
      assert.equal(said.get(text), undefined, `${reason} and ${said.get(text)} are one sentence in ${language}`);
      said.set(text, reason);
    }
    if (!comes[reason]) assert.equal(explain(refused(reason)), en[key]);
  }
});

test("whatever refuses among people is explained, and not as something that went wrong", () => {
  const known = values("Code");
  for (const code of codes) {
    assert.ok(known.includes(code), `${code} isn’t a code of the server`);
    const text = explain(refused(code));
    assert.notEqual(text, en["error.failed"], `${code} isn’t explained`);
    assert.notEqual(text, "as the server says it", code);
  }
  assert.equal(explain(refused("blocked")), en["error.blocked"], "what the core refuses by itself");
  assert.equal(explain(refused("no_such_code")), en["error.failed"]);
});
