import assert from "node:assert/strict";
import { test } from "node:test";
import { fastStart, moves, topBoxes } from "./faststart";

const text = (s: string): number[] => [...s].map((c) => c.charCodeAt(0));
const n32 = (n: number): number[] => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
const box = (type: string, ...body: number[][]): number[] => {
  const all = body.flat();
  return [...n32(all.length + 8), ...text(type), ...all];
};
const table = (places: number[], wide = false): number[] => box(wide ? "co64" : "stco", n32(0), n32(places.length), places.flatMap((p) => (wide ? [...n32(0), ...n32(p)] : n32(p))));
const handler = (type: string): number[] => box("hdlr", n32(0), n32(0), text(type), n32(0), n32(0), n32(0), text("Berlin\0"));
const track = (places: number[], wide = false, type = "vide", ...more: number[][]): number[] =>
  box("trak", box("udta", text("Berlin")), box("mdia", handler(type), box("minf", box("stbl", table(places, wide), ...more))));
const blob = (...parts: number[][]): Blob => new Blob([new Uint8Array(parts.flat())], { type: "video/mp4" });
const bytesOf = async (b: Blob): Promise<number[]> => [...new Uint8Array(await b.arrayBuffer())];

const ftyp = box("ftyp", text("isom"), n32(1));
const mdat = box("mdat", text("first second"));
const first = ftyp.length + 16 + 8; // behind a free box of 16
const moov = (places: number[], wide = false): number[] => box("moov", track(places, wide), track(places, wide), box("udta", text("+52.5+013.4/")));

test("the index goes to the front, and points where it did", async () => {
  for (const wide of [false, true]) {
    const index = moov([first, first + 6], wide);
    const got = await fastStart(blob(ftyp, box("free", n32(0), n32(0)), mdat, index));
    const boxes = await topBoxes(got);
    assert.deepEqual(boxes?.map((b) => b.type), ["ftyp", "moov", "mdat"]);
    const all = await bytesOf(got);
    const said = String.fromCharCode(...all);
    assert.equal(said.includes("52.5"), false);
    assert.equal(said.includes("Berlin"), false);
    const at = said.indexOf(wide ? "co64" : "stco") + 12 + (wide ? 4 : 0);
    const place = new DataView(new Uint8Array(all).buffer).getUint32(at);
    assert.equal(said.slice(place, place + 5), "first");
    const second = new DataView(new Uint8Array(all).buffer).getUint32(at + (wide ? 8 : 4));
    assert.equal(said.slice(second, second + 6), "second");
    assert.equal(got.type, "video/mp4");
  }
});

test("what is in order stays as it is, but for what it tells", async () => {
  const index = moov([0]); // its size, first
  const places = [ftyp.length + index.length + 8];
  const got = String.fromCharCode(...(await bytesOf(await fastStart(blob(ftyp, moov(places), mdat)))));
  assert.equal(got.length, ftyp.length + index.length + mdat.length);
  assert.equal(got.includes("Berlin"), false);
});

test("what isn't understood is left alone", async () => {
  const files = [
    blob(text("RIFF....WEBM")),
    blob(ftyp, mdat), // no index
    blob(ftyp, mdat, box("moov", box("trak", text("\0\0\0\u0004stco")))),
    blob(ftyp, mdat, box("moov", track([first], false, "meta"))), // nothing is seen in it
    blob(ftyp, mdat, moov([first]), moov([first])),
    blob(ftyp, n32(7), text("mdat")),
    blob(ftyp, n32(500), text("mdat")),
    blob([]),
  ];
  for (const [i, file] of files.entries()) assert.equal(await fastStart(file), file, String(i));
});

/** What a file tells after it was made ready, and its boxes. */
async function made(...parts: number[][]): Promise<{ said: string; boxes: string[]; size: number }> {
  const got = await fastStart(blob(...parts));
  return { said: String.fromCharCode(...(await bytesOf(got))), boxes: (await topBoxes(got))?.map((b) => b.type) ?? [], size: got.size };
}

test("an index that can't be moved tells nothing either", async () => {
  const uuid = box("uuid", text("0123456789abcdefBerlin"));
  const fragment = [box("moof", box("mfhd", n32(0), n32(1))), mdat];
  for (const [name, parts, want] of [
    ["it points outside", [ftyp, uuid, mdat, moov([5_000_000])], ["ftyp", "free", "mdat", "moov"]],
    ["a track without its table", [ftyp, mdat, box("moov", track([first]), box("trak", box("mdia", handler("soun"))))], ["ftyp", "mdat", "moov"]],
    ["its places are of what is encrypted", [ftyp, mdat, box("moov", track([first], false, "vide", box("saio", n32(0), n32(0))))], ["ftyp", "mdat", "moov"]],
    ["fragments", [ftyp, moov([]), uuid, ...fragment, box("emsg", text("Berlin"))], ["ftyp", "moov", "free", "moof", "mdat", "free"]],
  ] as [string, number[][], string[]][]) {
    const got = await made(...parts);
    assert.equal(got.said.includes("Berlin"), false, name);
    assert.deepEqual(got.boxes, want, name);
    assert.equal(got.size, parts.flat().length, name);
  }
});

test("what isn't needed goes, wherever it is and however long it says that it is", async () => {
  const secret = text("Berlin");
  const long = (type: string, body: number[]): number[] => [...n32(1), ...text(type), ...n32(0), ...n32(body.length + 16), ...body];
  const head = box("mvhd", n32(0), secret, [0, 0], n32(1000));
  const lies = [...n32(1000), ...text("udta"), ...secret];
  for (const [name, parts] of Object.entries({
    "behind the end": [ftyp, mdat, moov([first - 16]), text("Berlin and more")],
    "at the top": [ftyp, box("uuid", secret), box("meta", secret), box("free", secret), box("wide"), box("abcd", secret), mdat, moov([first - 16 + 14 * 4 + 8])],
    "no ftyp": [mdat, moov([8])],
    "in the index": [ftyp, mdat, box("moov", head, track([first - 16]), box("uuid", secret), box("meta", secret), box("free", secret), box("abcd", secret), long("udta", secret))],
    "in a track": [ftyp, mdat, box("moov", track([first - 16], false, "vide", box("uuid", secret), long("free", secret)))],
    "larger than what it is in": [ftyp, mdat, box("moov", track([first - 16]), lies)],
  })) {
    const got = await made(...parts);
    assert.equal(got.said.includes("Berlin"), false, name);
    assert.equal(got.said.includes("first second"), true, name);
    assert.deepEqual(got.boxes.filter((b) => b !== "ftyp"), ["moov", "mdat"], name);
  }
});

test("tracks that are neither seen nor heard go with what is theirs", async () => {
  const sizes = (...all: number[]): number[] => box("stsz", n32(0), n32(0), n32(all.length), all.flatMap(n32));
  const alike = (size: number, n: number): number[] => box("stsz", n32(0), n32(size), n32(n));
  const small = (bits: number, n: number, ...bytes: number[]): number[] => box("stz2", n32(0), n32(bits), n32(n), bytes);
  const runs = (...all: number[]): number[] => box("stsc", n32(0), n32(all.length / 3), all.flatMap((n) => n32(n)));
  const at = ftyp.length + 8; // of what is in mdat
  for (const [name, places, tables, want] of [
    ["sizes", [at, at + 9], [runs(1, 2, 1, 2, 1, 1), sizes(1, 2, 3)], "___st sec___"],
    ["all alike", [at, at + 6], [runs(1, 1, 1), alike(2, 2)], "__rst __cond"],
    ["16 bits", [at], [runs(1, 2, 1), small(16, 2, 0, 2, 0, 1)], "___st second"],
    ["8 bits", [at], [runs(1, 2, 1), small(8, 2, 2, 1)], "___st second"],
    ["4 bits", [at], [runs(1, 3, 1), small(4, 3, 0x12, 0x10)], "____t second"],
    ["overlapping", [at + 1, at], [runs(1, 1, 1), alike(3, 2)], "____t second"],
    ["beyond the end", [at + 10, 0xffffffff], [runs(1, 0xffffffff, 1), alike(0xffffffff, 0xffffffff)], "first seco__"],
    ["before it", [0], [runs(1, 1, 1), alike(at + 1, 1)], "_irst second"],
    ["tables that lie", [at], [box("stsc", n32(0), n32(0xffffffff), n32(1), n32(9), n32(1)), box("stsz", n32(0), n32(0), n32(0xffffffff), n32(2))], "__rst second"],
    ["no sizes", [at], [runs(1, 1, 1)], "first second"],
    ["cut off", [at], [box("stsc"), box("stsz")], "first second"],
    ["nothing", [], [runs(), sizes()], "first second"],
  ] as [string, number[], number[][], string][]) {
    const seen = track([at]);
    const got = await made(ftyp, mdat, box("moov", seen, track(places, false, "meta", ...tables)));
    assert.equal(got.said.slice(-12).replaceAll("\0", "_"), want, name);
    assert.equal(got.said.includes("meta"), false, name);
    assert.equal(got.said.split("trak").length, 2, name);
  }
});

test("where boxes come to lie", () => {
  const got = moves([{ at: 0, size: 8 }, { at: 100, size: 50 }, { at: 8, size: 92 }]);
  assert.deepEqual(got.map((m) => m.by), [0, -92, 50]);
});
