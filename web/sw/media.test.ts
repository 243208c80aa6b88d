import assert from "node:assert/strict";
import { test } from "node:test";
import { playedType } from "../lib/media/playing";
import { rangeOf } from "./media";

test("a range is within the medium, or can't be met", () => {
  for (const [header, size, want] of [
    [null, 10, [0, 10]],
    [null, 0, [0, 0]],
    ["bytes=0-", 10, [0, 10]],
    ["bytes=3-4", 10, [3, 5]],
    ["bytes=3-99999999999999999999999", 10, [3, 10]],
    [`bytes=0-${"9".repeat(400)}`, 10, [0, 10]],
    ["bytes=-4", 10, [6, 10]],
    [`bytes=-${"9".repeat(400)}`, 10, [0, 10]],
    ["bytes=-0", 10, null],
    ["bytes=-", 10, null],
    ["bytes=10-", 10, null],
    ["bytes=4-3", 10, null],
    [`bytes=${"9".repeat(400)}-`, 10, null],
    ["bytes=0-", 0, null],
    ["bytes=0-1,3-4", 10, null],
    ["bytes=1e1-", 100, null],
    ["items=0-1", 10, null],
  ] as const) {
    const got = rangeOf(header, size);
    assert.deepEqual(got, want ? { from: want[0], to: want[1] } : undefined, `${String(header).slice(0, 40)} of ${size}`);
  }
});

test("only types that play are said", () => {
  assert.equal(playedType("video/mp4"), "video/mp4");
  assert.equal(playedType("audio/x-m4a"), "audio/x-m4a");
  for (const bad of ["text/html", "image/svg+xml", "video/mp4\r\nX: y", "video/", "VIDEO/mp4;x", ""]) assert.equal(playedType(bad), "application/octet-stream", bad);
});
