import assert from "node:assert/strict";
import { test } from "node:test";
import { moves, stripped } from "./strip";

const text = (s: string): number[] => [...s].map((c) => c.charCodeAt(0));
const file = (...parts: number[][]): Uint8Array<ArrayBuffer> => new Uint8Array(parts.flat());
const joined = (parts: Uint8Array[] | null): number[] => (parts ?? []).flatMap((p) => [...p]);
const says = (got: number[]): string => String.fromCharCode(...got);

const segment = (marker: number, body: number[]): number[] => [0xff, marker, (body.length + 2) >> 8, (body.length + 2) & 255, ...body];
const secret = text("52.5200N 13.4050E");

/** An Exif segment with an orientation and a place, in either order of bytes. */
function exif(turn: number, little: boolean): number[] {
  const n16 = (n: number): number[] => (little ? [n & 255, n >> 8] : [n >> 8, n & 255]);
  const n32 = (n: number): number[] => (little ? [...n16(n & 65535), ...n16(n >>> 16)] : [...n16(n >>> 16), ...n16(n & 65535)]);
  const entry = (tag: number, type: number, count: number, value: number[]): number[] => [...n16(tag), ...n16(type), ...n32(count), ...value];
  const tiff = [...text(little ? "II" : "MM"), ...n16(42), ...n32(8), ...n16(2), ...entry(0x10f, 2, 17, n32(38)), ...entry(0x112, 3, 1, [...n16(turn), 0, 0]), ...n32(0), ...secret];
  return segment(0xe1, [...text("Exif"), 0, 0, ...tiff]);
}

const scan = [...segment(0xda, [1, 1, 0, 0, 63, 0]), 1, 2, 0xff, 0, 3, 0xff, 0xd0, 4];
const frame = segment(0xc0, [8, 0, 1, 0, 1, 1, 1, 0x11, 0]);
const jfif = segment(0xe0, [...text("JFIF"), 0, 1, 2, 0, 0, 1, 0, 1, 0, 0]);

test("a JPEG keeps its picture, its colors and which way is up", () => {
  for (const little of [true, false]) {
    const profile = segment(0xe2, [...text("ICC_PROFILE"), 0, 1, 1, 9, 9]);
    const got = joined(stripped(file([0xff, 0xd8], jfif, exif(6, little), segment(0xe1, text("http://ns.adobe.com/xap/1.0/ " + says(secret))), profile, segment(0xe2, text("MPF\0" + says(secret))), segment(0xed, secret), segment(0xfe, secret), frame, scan, scan, [0xff, 0xd9], secret), "image/jpeg"));
    assert.equal(says(got).includes(says(secret)), false);
    const upright = got.slice(2 + jfif.length, 2 + jfif.length + 36);
    assert.deepEqual(got, [0xff, 0xd8, ...jfif, ...upright, ...profile, ...frame, ...scan, ...scan, 0xff, 0xd9]);
    assert.equal(says(upright.slice(4, 8)), "Exif");
    assert.deepEqual(upright.slice(-8), [0, 6, 0, 0, 0, 0, 0, 0]);
  }
});

test("a JPEG keeps no preview, and nothing that is said in other ways", () => {
  const preview = segment(0xe0, [...text("JFIF"), 0, 1, 2, 0, 0, 1, 0, 1, 3, 2, ...secret, 0]);
  const adobe = [...text("Adobe"), 0, 100, 0, 0, 0, 0, 1];
  const others = [0xe0, 0xc8, 0xf0, 0xfd, 0x02, 0xbf, 0xef].map((marker) => segment(marker, [...text("JFXX"), 0, ...secret]));
  const got = joined(stripped(file([0xff, 0xd8], preview, segment(0xee, [...adobe, ...secret]), ...others, segment(0xe0, text("JFIF\0")), frame, scan, [0xff, 0xd9]), "image/jpeg"));
  assert.deepEqual(got, [0xff, 0xd8, ...jfif, ...segment(0xee, adobe), ...frame, ...scan, 0xff, 0xd9]);
});

test("a JPEG that stands upright gets nothing", () => {
  const plain = [0xff, 0xd8, ...frame, ...scan, 0xff, 0xd9];
  assert.deepEqual(joined(stripped(file([0xff, 0xd8], exif(1, false), frame, scan, [0xff, 0xd9]), "image/jpeg")), plain);
});

const chunk = (name: string, body: number[]): number[] => [0, 0, 0, body.length, ...text(name), ...body, 1, 2, 3, 4];
const signature = [0x89, ...text("PNG\r\n\x1a\n")];

test("a PNG keeps what is drawn", () => {
  const got = joined(stripped(file(signature, chunk("IHDR", [1]), chunk("eXIf", secret), chunk("tEXt", secret), chunk("acTL", [2]), chunk("IDAT", [3]), chunk("tIME", [1]), chunk("IEND", []), secret), "image/png"));
  assert.deepEqual(got, [...signature, ...chunk("IHDR", [1]), ...chunk("acTL", [2]), ...chunk("IDAT", [3]), ...chunk("IEND", [])]);
  assert.equal(moves(file(got), "image/png"), true);
});

const riff = (name: string, body: number[]): number[] => [...text(name), body.length, 0, 0, 0, ...body, ...(body.length & 1 ? [0] : [])];

test("a WebP keeps its frames, and no longer says that there is more", () => {
  const chunks = [riff("VP8X", [0x2e, 0, 0, 0, 1, 0, 0, 1, 0, 0]), riff("ICCP", [7]), riff("ANIM", [0]), riff("ANMF", [5, 5]), riff("EXIF", secret), riff("XMP ", secret)];
  const body = chunks.flat();
  const input = file(text("RIFF"), [body.length + 4, 0, 0, 0], text("WEBP"), body);
  const kept = [...riff("VP8X", [0x22, 0, 0, 0, 1, 0, 0, 1, 0, 0]), ...riff("ICCP", [7]), ...riff("ANIM", [0]), ...riff("ANMF", [5, 5])];
  assert.deepEqual(joined(stripped(input, "image/webp")), [...text("RIFF"), kept.length + 4, 0, 0, 0, ...text("WEBP"), ...kept]);
  assert.equal(moves(input, "image/webp"), true);
});

test("a GIF keeps its frames and how often they run", () => {
  const head = [...text("GIF89a"), 1, 0, 1, 0, 0x80, 0, 0, 1, 1, 1, 2, 2, 2];
  const loop = [0x21, 0xff, 11, ...text("NETSCAPE2.0"), 3, 1, 0, 0, 0];
  const control = [0x21, 0xf9, 4, 0, 1, 0, 0, 0];
  const image = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 1, 0];
  const comment = [0x21, 0xfe, secret.length, ...secret, 0];
  const xmp = [0x21, 0xff, 11, ...text("XMP DataXMP"), secret.length, ...secret, 0];
  const got = joined(stripped(file(head, loop, comment, xmp, control, image, image, [0x3b], secret), "image/gif"));
  assert.deepEqual(got, [...head, ...loop, ...control, ...image, ...image, 0x3b]);
  assert.equal(moves(file(got), "image/gif"), true);
  assert.equal(moves(file(head, image, [0x3b]), "image/gif"), false);
});

test("what is broken, or something else, isn't kept as it is", () => {
  const whole: [number[], string][] = [
    [[0xff, 0xd8, ...jfif, ...frame, ...scan, 0xff, 0xd9], "image/jpeg"],
    [[...signature, ...chunk("IHDR", [1]), ...chunk("IEND", [])], "image/png"],
  ];
  for (const [bytes, type] of whole) {
    for (let n = 0; n < bytes.length; n++) assert.equal(stripped(file(bytes.slice(0, n)), type), null, `${type} ${n}`);
    assert.ok(stripped(file(bytes), type) !== null, type);
  }
  assert.equal(stripped(file(signature), "image/jpeg"), null);
  assert.equal(stripped(file(signature), "image/avif"), null);
});
