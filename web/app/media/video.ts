/** Videos: what is shown of one before it is sent. */

import { canvasOf, smallOf, thumbOf } from "./canvas";
import type { Size } from "./layout";

/** The most bytes of a poster: it travels in the message itself. All of one message share so many. */
export const mostPoster = 24 << 10;
export const mostPosters = 40 << 10;

/** How long a browser has to open a video, or to show a frame, in milliseconds. */
const patience = 20_000;

/** An OpenedVideo is what a chosen one is like. */
export interface OpenedVideo extends Size {
  duration: number; // milliseconds
  thumb: string;
  /** data: URL */
  poster: string;
}

/** openVideo looks at a chosen video. It throws if the browser can't play it. */
export async function openVideo(file: Blob): Promise<OpenedVideo> {
  const video = document.createElement("video");
  const url = URL.createObjectURL(file);
  try {
    video.muted = true;
    video.playsInline = true;
    video.preload = "auto";
    video.src = url;
    await event(video, "loadeddata");
    const size = { width: video.videoWidth, height: video.videoHeight };
    if (size.width === 0 || size.height === 0) throw new Error("no picture");
    const duration = await durationOf(video);
    await brightFrame(video, duration);
    return { ...size, duration: Math.round(duration * 1000), thumb: thumbOf(video, size), poster: await smallOf(video, size, mostPoster) };
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}

/** event waits for an event of a medium, and throws if it can't be played. */
export function event(of: HTMLMediaElement, name: string, ms = patience): Promise<void> {
  return new Promise((resolve, reject) => {
    const ends = new AbortController();
    const end = (then: () => void) => () => (ends.abort(), clearTimeout(timer), then());
    const timer = setTimeout(end(() => reject(new Error("too slow"))), ms);
    of.addEventListener(name, end(resolve), { signal: ends.signal });
    of.addEventListener("error", end(() => reject(new Error("not played"))), { signal: ends.signal });
  });
}

/** durationOf is how long a medium is, in seconds. One that was recorded as it was made doesn't say so until its end was looked at. */
export async function durationOf(of: HTMLMediaElement): Promise<number> {
  if (Number.isFinite(of.duration)) return of.duration;
  of.currentTime = 1e7;
  await event(of, "seeked");
  return Number.isFinite(of.duration) ? of.duration : of.currentTime;
}

/** How bright a frame has to be, of 255, and how much of it has to differ: else it is black, or one color. */
const bright = 24;
const varied = 6;

/** brightFrame shows a frame that isn't black: the first of some places, else the brightest of them. */
async function brightFrame(video: HTMLVideoElement, duration: number): Promise<void> {
  let best = { at: 0, light: -1 };
  for (const at of [Math.min(0.1, duration / 2), Math.min(1, duration / 3), duration / 4, duration / 2, duration * 0.75]) {
    await seek(video, at);
    const { light, spread } = lightOf(video);
    if (light >= bright && spread >= varied) return;
    if (light + spread > best.light) best = { at, light: light + spread };
  }
  await seek(video, best.at);
}

async function seek(video: HTMLVideoElement, at: number): Promise<void> {
  if (Math.abs(video.currentTime - at) < 0.01 && video.readyState >= 2) return;
  const there = event(video, "seeked");
  video.currentTime = at;
  await there;
}

/** lightOf is how bright a frame is in the mean, and how far its points are from that. */
function lightOf(video: HTMLVideoElement): { light: number; spread: number } {
  const size = { width: 32, height: 18 };
  const { data } = canvasOf(video, size).getContext("2d")!.getImageData(0, 0, size.width, size.height);
  const points: number[] = [];
  for (let i = 0; i < data.length; i += 4) points.push(0.3 * data[i]! + 0.59 * data[i + 1]! + 0.11 * data[i + 2]!);
  const light = points.reduce((a, b) => a + b, 0) / points.length;
  const spread = points.reduce((a, b) => a + Math.abs(b - light), 0) / points.length;
  return { light, spread };
}
