/** Spans of time in the language of the page. */

import { language } from "../strings";

const units: [unit: "day" | "hour" | "minute" | "second", seconds: number][] = [
  ["day", 86_400],
  ["hour", 3600],
  ["minute", 60],
  ["second", 1],
];

/** duration is so many seconds in the largest unit that holds them whole: 4 weeks are 28 days. */
export function duration(seconds: number): string {
  const [unit, size] = units.find(([, s]) => seconds >= s && seconds % s === 0) ?? ["second", 1];
  return new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay: "long" }).format(seconds / size);
}

/** fromNow says when a time is, seen from now: in 5 minutes. */
export function fromNow(ms: number): string {
  const seconds = Math.max(1, Math.round((ms - Date.now()) / 1000));
  const [unit, size] = units.find(([, s]) => seconds >= s) ?? ["second", 1];
  return new Intl.RelativeTimeFormat(language.value, { numeric: "always" }).format(Math.round(seconds / size), unit);
}
