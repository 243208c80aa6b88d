import assert from "node:assert/strict";
import { test } from "node:test";
import { lackOf, reasonOf } from "./reasons";

test("what stands behind an error", () => {
  assert.equal(reasonOf({ code: "unknown_blob" }), "gone");
  assert.equal(reasonOf({ code: "blob_taken", status: 410 }), "gone");
  assert.equal(reasonOf({ status: 404 }), "gone");
  assert.equal(reasonOf({ status: 507 }), "quota");
  assert.equal(reasonOf({ code: "too_large" }), "size");
  assert.equal(reasonOf(new TypeError("Failed to fetch")), "offline");
  assert.equal(reasonOf(new Error("?")), "failed");
  assert.equal(reasonOf(undefined), "failed");
  assert.deepEqual(lackOf({ code: "view_once" }), { is: "opened" });
  assert.deepEqual(lackOf({ code: "unknown_message" }), { is: "gone" });
  assert.deepEqual(lackOf({ code: "quota" }), { is: "failed" });
});
