import assert from "node:assert/strict";
import { test } from "node:test";
import { pathOf } from "./QrCode";
import { groupsOf } from "./safetyDigits";

test("a code is drawn as runs", () => {
  assert.deepEqual(pathOf("110\n001\n101"), { path: "M4 4h2v1h-2zM6 5h1v1h-1zM4 6h1v1h-1zM6 6h1v1h-1z", size: 11 });
  for (const bad of ["", "1", "10\n1", "12\n11", "<x>\n111\n111"]) assert.equal(pathOf(bad).size > 0, bad === "1", JSON.stringify(bad));
});

test("a number is twelve groups of five", () => {
  const groups = groupsOf("012345678901234567890123456789012345678901234567890123456789");
  assert.equal(groups.length, 12);
  assert.equal(groups.join(""), "012345678901234567890123456789012345678901234567890123456789");
  assert.deepEqual(groupsOf("01234 56789"), ["01234", "56789"]);
  assert.deepEqual(groupsOf(""), []);
});
