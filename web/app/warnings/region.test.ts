import assert from "node:assert/strict";
import { test } from "node:test";
import { base64, upTo } from "./bytes";
import { region } from "./region";

test("the region is the time zone's", () => {
  for (const [zone, want] of [
    ["Europe/London", "GB"],
    ["America/New_York", "US"],
    ["America/Indiana/Knox", "US"],
    ["America/Toronto", "CA"],
    ["America/Sao_Paulo", "BR"],
    ["America/Bogota", ""],
    ["Australia/Perth", "AU"],
    ["Africa/Nairobi", ""],
    ["Europe/Zurich", ""],
  ] as const) {
    assert.equal(region(zone, ["en-US", "de-DE"]), want, zone);
  }
});

test("without a time zone it is the first that a language names, unless that is everybody's", () => {
  for (const zone of ["", "UTC", "Etc/UTC", "GMT"]) {
    assert.equal(region(zone, ["en", "en-US", "en-GB", "de-DE"]), "GB");
  }
  assert.equal(region("UTC", ["zh-Hant-TW"]), "TW");
  assert.equal(region("UTC", ["en-US", "en", "ar"]), "");
  assert.equal(region("UTC", []), "");
});

test("bytes are encoded, however many", () => {
  const bytes = Uint8Array.from({ length: 20_001 }, (_, i) => i & 255);
  assert.deepEqual(Uint8Array.from(atob(base64(bytes)), (c) => c.charCodeAt(0)), bytes);
  assert.equal(base64(new Uint8Array()), "");
});

test("a file is read whole, or not at all where it is too large", async () => {
  let sent = 0;
  const stream = (pieces: number) =>
    new ReadableStream<Uint8Array>({
      pull(c) {
        if (sent++ < pieces) c.enqueue(new Uint8Array(10).fill(sent));
        else c.close();
      },
    });
  const all = await upTo(stream(3), 30);
  assert.deepEqual([all.length, all[0], all[29]], [30, 1, 3]);
  sent = 0;
  await assert.rejects(upTo(stream(1e9), 25), /too large/);
  assert.ok(sent < 10, `${sent} pieces were read`);
});
