import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { env } from "node:process";
import { after, test } from "node:test";
import { fastStart, topBoxes } from "./faststart";

// What videos tell, in files that ffmpeg has made: the tags, and the tracks that phones
// and action cameras write beside what is seen and heard.

const place = "52.5163N 13.3777E";
const lacking = spawnSync("ffmpeg", ["-version"]).error !== undefined;
const skip = lacking && env["CI"] !== "true" && "ffmpeg isn't installed";

const dir = mkdtempSync(`${tmpdir()}/tells-`);
const texts = `${dir}/texts.srt`;
const data = `${dir}/data.bin`;
writeFileSync(texts, [0, 1, 2].map((i) => `${i + 1}\n00:00:0${i},000 --> 00:00:0${i + 1},000\nGPS ${place} text ${i}\n`).join("\n"));
writeFileSync(data, `DEVC ${place} gpmd`);
after(() => rmSync(dir, { recursive: true }));

function ffmpeg(...args: string[]): Uint8Array {
  const got = spawnSync("ffmpeg", ["-v", "error", "-y", ...args]);
  assert.equal(got.status, 0, `ffmpeg ${args.join(" ")}: ${new TextDecoder().decode(got.stderr)}`);
  return got.stdout;
}

/** telling is a video with everything that ffmpeg can write of where and when. */
function telling(name: string, ...more: string[]): string {
  const file = `${dir}/${name}`;
  const input = ["-f", "lavfi", "-i", "testsrc=d=3:s=160x120:r=10", "-f", "lavfi", "-i", "sine=d=3", "-i", texts];
  const tracks = ["-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-g", "10", "-c:a", "aac", "-c:s", "mov_text"];
  if (name.endsWith(".mov")) {
    input.push("-f", "data", "-i", data);
    tracks.push("-map", "3", "-c:d", "copy", "-tag:d", "gpmd"); // as an action camera
  }
  const tags = ["-metadata", `location=+52.5163+013.3777/`, "-metadata", `comment=${place}`, "-metadata", "creation_time=2026-01-02T03:04:05Z"];
  ffmpeg(...input, ...tracks, ...tags, "-metadata:s:v", "handler_name=Camera of Dana", "-timecode", "13:14:15:16", ...more, file);
  return file;
}

const text = (bytes: Uint8Array): string => new TextDecoder("latin1").decode(bytes);
/** shown is a hash of all that is seen and heard, with its times. */
const shown = (file: string): string => text(ffmpeg("-i", file, "-map", "0:v", "-map", "0:a", "-f", "framemd5", "-")).replace(/^#.*\n/gm, "");
const said = ["52.5163", place, "Camera of Dana", "gpmd", "tmcd", "GoPro", "libx264\0", "FFMP"];

async function sent(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await (await fastStart(new Blob([bytes], { type: "video/mp4" }))).arrayBuffer());
}

for (const [name, ...more] of [["index-last.mov"], ["index-last.mp4"], ["index-first.mp4", "-movflags", "+faststart"], ["tags.mov", "-movflags", "+use_metadata_tags"]] as [string, ...string[]][]) {
  test(`${name} shows the same, and tells nothing`, { skip }, async () => {
    const file = telling(name, ...more);
    const bytes = readFileSync(file);
    for (const one of said.slice(0, 3)) assert.ok(text(bytes).includes(one), `${name} doesn't tell ${one}: nothing is tested`);
    const got = await sent(bytes);
    for (const one of said) assert.equal(text(got).includes(one), false, `${name} still tells ${one}`);
    writeFileSync(`${dir}/sent-${name}`, got);
    assert.equal(shown(`${dir}/sent-${name}`), shown(file));
    const streams = new TextDecoder().decode(spawnSync("ffprobe", ["-v", "error", "-show_entries", "stream=codec_type:stream_tags=creation_time", "-of", "csv=p=0", `${dir}/sent-${name}`]).stdout);
    assert.deepEqual(streams.trim().split("\n"), ["video", "audio"]);
    assert.deepEqual((await topBoxes(new Blob([got])))?.map((b) => b.type).slice(0, 2), ["ftyp", "moov"]);
  });
}
