import assert from "node:assert/strict";
import { test } from "node:test";
import { bareName, bareType, comesUnasked, drawn, endingOf, roleOf, sortOf, withEnding } from "./kinds";

test("how a file is shown", () => {
  assert.equal(roleOf("image/jpeg"), "photo");
  assert.equal(roleOf("IMAGE/HEIC"), "photo");
  assert.equal(roleOf("image/svg+xml"), "file");
  assert.equal(roleOf("video/mp4; codecs=avc1"), "video");
  assert.equal(roleOf("text/html"), "file");
  assert.equal(roleOf(""), "file");
  assert.equal(drawn("image/gif"), true);
  assert.equal(drawn("image/heic"), false);
});

test("what is fetched without being asked for is bounded", () => {
  for (const [role, size, want] of [
    ["photo", 64 << 20, true],
    ["photo", (64 << 20) + 1, false],
    ["voice", 16 << 20, true],
    ["voice", 2 ** 46, false],
    ["file", 1, false],
  ] as const) {
    assert.equal(comesUnasked({ role, size }), want, `${role} ${size}`);
  }
});

test("a type is a type", () => {
  assert.equal(bareType("Audio/WebM;codecs=opus"), "audio/webm");
  for (const bad of ["", "x", "a/b/c", "text/html\r\nx", "a b/c"]) assert.equal(bareType(bad), "application/octet-stream", bad);
});

test("names have no directories and nothing unseen", () => {
  assert.equal(bareName("../../etc/passwd"), "passwd");
  assert.equal(bareName("C:\\Users\\me\\a.txt"), "a.txt");
  assert.equal(bareName("gnp.\u202etxt.exe"), "gnp.txt.exe");
  assert.equal(bareName("a\u0000b\u200b.pdf"), "ab.pdf");
  assert.equal(bareName("..."), "file");
  assert.equal(bareName(".bashrc"), "bashrc");
  assert.equal(bareName(""), "file");
  assert.equal(bareName("شهر ١.pdf"), "شهر ١.pdf");
});

test("a long name keeps its ending, and its characters whole", () => {
  const got = bareName("👍".repeat(100) + ".tar");
  assert.ok(new TextEncoder().encode(got).length <= 200);
  assert.equal(got.endsWith("👍.tar"), true);
});

test("a picture's name ends as what it was made to", () => {
  assert.equal(withEnding("IMG_1.HEIC", "image/webp"), "IMG_1.webp");
  assert.equal(withEnding("a.jpeg", "image/jpeg"), "a.jpeg");
  assert.equal(withEnding("a.JPG", "image/jpeg"), "a.JPG");
  assert.equal(withEnding("v1. final version", "image/png"), "v1. final version.png");
  assert.equal(withEnding("a", "image/gif"), "a.gif");
});

test("icons", () => {
  assert.equal(sortOf("application/pdf"), "text");
  assert.equal(sortOf("application/zip"), "archive");
  assert.equal(sortOf("text/csv"), "table");
  assert.equal(sortOf("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"), "table");
  assert.equal(sortOf("audio/mpeg"), "sound");
  assert.equal(sortOf("application/x-thing"), "other");
  assert.equal(endingOf("a.tar.gz"), "GZ");
  assert.equal(endingOf("README"), "");
  assert.equal(endingOf(".env"), "");
});
