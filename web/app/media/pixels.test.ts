import assert from "node:assert/strict";
import { test } from "node:test";
import { drawable, fits, sizeOf, smallPicture } from "./pixels";

const text = (s: string): number[] => [...s].map((c) => c.charCodeAt(0));
const big = (n: number, bytes: number): number[] => Array.from({ length: bytes }, (_, i) => (n >>> (8 * (bytes - 1 - i))) & 255);
const little = (n: number, bytes: number): number[] => big(n, bytes).reverse();

const png = (w: number, h: number): Uint8Array<ArrayBuffer> => new Uint8Array([0x89, ...text("PNG\r\n\x1a\n"), 0, 0, 0, 13, ...text("IHDR"), ...big(w, 4), ...big(h, 4), 8, 6, 0, 0, 0]);
const gif = (w: number, h: number): Uint8Array => new Uint8Array([...text("GIF89a"), ...little(w, 2), ...little(h, 2), 0, 0, 0]);
const jpeg = (w: number, h: number): Uint8Array =>
  new Uint8Array([0xff, 0xd8, 0xff, 0xe1, 0, 6, 0xff, 0xc0, 0, 0, 0xff, 0xff, 0xc2, 0, 11, 8, ...big(h, 2), ...big(w, 2), 1, 1, 0x11, 0]);
const riff = (name: string, body: number[]): Uint8Array => new Uint8Array([...text("RIFF"), 0, 0, 0, 0, ...text("WEBP"), ...text(name), ...little(body.length, 4), ...body]);

test("a picture's size is where its type has it", () => {
  assert.deepEqual(sizeOf(png(70_000, 3), "image/png"), { width: 70_000, height: 3 });
  assert.deepEqual(sizeOf(gif(320, 200), "image/gif"), { width: 320, height: 200 });
  assert.deepEqual(sizeOf(jpeg(4000, 3000), "image/jpeg"), { width: 4000, height: 3000 });
  assert.deepEqual(sizeOf(riff("VP8X", [0, 0, 0, 0, ...little(1919, 3), ...little(1079, 3)]), "image/webp"), { width: 1920, height: 1080 });
  assert.deepEqual(sizeOf(riff("VP8L", [0x2f, ...little((16383 | (99 << 14)) >>> 0, 4)]), "image/webp"), { width: 16384, height: 100 });
  assert.deepEqual(sizeOf(riff("VP8 ", [0, 0, 0, 0x9d, 1, 0x2a, ...little(640, 2), ...little(480, 2)]), "image/webp"), { width: 640, height: 480 });
});

test("what is something else isn't drawn, whatever it says", () => {
  assert.equal(sizeOf(png(1, 1), "image/jpeg"), null);
  assert.equal(sizeOf(gif(1, 1), "image/png"), null);
  assert.equal(sizeOf(png(1, 1), "image/svg+xml"), null);
  assert.equal(sizeOf(new Uint8Array(text("<script>alert(1)</script>")), "image/gif"), null);
  for (const one of [png(9, 9), gif(9, 9), jpeg(9, 9)]) {
    for (let n = 0; n < 8; n++) for (const type of ["image/png", "image/gif", "image/jpeg", "image/webp"]) assert.equal(sizeOf(one.slice(0, n), type), null);
  }
  assert.equal(sizeOf(png(0, 5), "image/png"), null);
});

test("a picture that would fill all memory isn't drawn", async () => {
  assert.equal(fits(png(50_000, 50_000), "image/png"), false);
  assert.equal(fits(png(5000, 5000), "image/png"), true);
  assert.equal(await drawable(new Blob([png(40_000, 40_000)]), "image/png"), false);
  const url = (bytes: Uint8Array, type: string): string => `data:${type};base64,${btoa(String.fromCharCode(...bytes))}`;
  assert.equal(smallPicture(url(jpeg(16_000, 16_000), "image/jpeg")), "");
  assert.equal(smallPicture(url(jpeg(640, 360), "image/jpeg")), url(jpeg(640, 360), "image/jpeg"));
  assert.equal(smallPicture(url(gif(1, 1), "image/gif")), "");
  assert.equal(smallPicture("https://example.com/x.jpg"), "");
});
