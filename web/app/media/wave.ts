/** The levels of a voice note: what its bars are drawn from. Pure. */

/** How many levels a note carries at most. */
export const bars = 64;

/** How loud the quietest bar still looks, of 255. */
const floor = 8;

/** levelOf is how loud some samples (-1 to 1) are, from 0 to 255: by their power, on the scale that ears have. */
export function levelOf(samples: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += (samples[i] ?? 0) ** 2;
  const power = Math.sqrt(sum / Math.max(1, samples.length));
  const decibels = 20 * Math.log10(Math.max(power, 1e-5)); // -100 to 0
  return Math.round(Math.min(1, Math.max(0, (decibels + 50) / 44)) * 255);
}

/** reduced brings any number of levels to at most n: each is the loudest of its part. */
export function reduced(levels: readonly number[], n = bars): number[] {
  if (levels.length <= n) return [...levels];
  return Array.from({ length: n }, (_, i) => {
    const [from, to] = [Math.floor((i * levels.length) / n), Math.floor(((i + 1) * levels.length) / n)];
    return Math.max(...levels.slice(from, Math.max(to, from + 1)));
  });
}

/** encodeWave is levels as a message carries them: base64 of at most 64 bytes. */
export function encodeWave(levels: readonly number[]): string {
  return btoa(String.fromCharCode(...reduced(levels).map((l) => Math.min(255, Math.max(0, Math.round(l))))));
}

/** decodeWave reads them; what isn't a wave is a flat one. */
export function decodeWave(text: string): number[] {
  try {
    const raw = atob(text);
    if (raw.length > 0 && raw.length <= bars) return [...raw].map((c) => c.charCodeAt(0));
  } catch {
    // a flat one
  }
  return Array.from({ length: 32 }, () => floor);
}

/** heightOf is how high a level's bar is, from a little above 0 to 1. */
export function heightOf(level: number): number {
  return Math.max(floor, level) / 255;
}

/** clockOf is a time as 0:07 or 1:02:03. */
export function clockOf(ms: number): string {
  const all = Math.max(0, Math.round(ms / 1000));
  const [h, m, s] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (n: number): string => String(n).padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}
