// Times as people read them, in the language that is chosen.
import { signal } from "@preact/signals";
import { language, t } from "./index";

const day = 24 * 3600 * 1000;
const kept = new Map<string, Intl.DateTimeFormat>();

// form keeps formatters: making one costs more than using it a thousand times.
function form(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${language.value} ${name}`;
  let one = kept.get(key);
  if (!one) kept.set(key, (one = new Intl.DateTimeFormat(language.value, options)));
  return one;
}

function startOfDay(ms: number): number {
  return new Date(ms).setHours(0, 0, 0, 0);
}

/** today is when this day began; what shows a day is drawn again when it is another one. */
const today = signal(startOfDay(Date.now()));

/** watchDay keeps that: it looks each minute, and when somebody comes back to the page. */
export function watchDay() {
  const look = () => (today.value = startOfDay(Date.now()));
  setInterval(look, 60_000);
  document.addEventListener("visibilitychange", look);
}

/** daysAgo counts the midnights between a time and now: 0 is today. */
export function daysAgo(ms: number): number {
  return Math.round((today.value - startOfDay(ms)) / day);
}

/** clock is the time of day: 14:05. */
export function clock(ms: number): string {
  return form("clock", { hour: "numeric", minute: "2-digit" }).format(ms);
}

/** date is a whole date: 3 November 2026. */
export function date(ms: number): string {
  return form("date", { day: "numeric", month: "long", year: "numeric" }).format(ms);
}

/** dateAndClock is a whole date with the time of day, for a tooltip. */
export function dateAndClock(ms: number): string {
  return form("both", { dateStyle: "full", timeStyle: "short" }).format(ms);
}

/** dayName is the heading of a day: Today, Yesterday, Monday, 3 November, 3 November 2025. */
export function dayName(ms: number): string {
  const ago = daysAgo(ms);
  if (ago === 0) return t("today");
  if (ago === 1) return t("yesterday");
  if (ago > 1 && ago < 7) return form("weekday", { weekday: "long" }).format(ms);
  if (sameYear(ms)) return form("day", { day: "numeric", month: "long" }).format(ms);
  return date(ms);
}

/** shortTime is for the edge of a list: 14:05, Yesterday, Mon, 3 Nov, 3/11/25. */
export function shortTime(ms: number): string {
  const ago = daysAgo(ms);
  if (ago <= 0) return clock(ms);
  if (ago === 1) return t("yesterday");
  if (ago < 7) return form("short-weekday", { weekday: "short" }).format(ms);
  if (sameYear(ms)) return form("short-day", { day: "numeric", month: "short" }).format(ms);
  return form("short-date", { dateStyle: "short" }).format(ms);
}

/** dayOnly is for what is known by the day: today, yesterday, 3 November. */
export function dayOnly(ms: number): string {
  const name = dayName(ms);
  return daysAgo(ms) < 2 ? name.toLocaleLowerCase(language.value) : name;
}

function sameYear(ms: number): boolean {
  return new Date(ms).getFullYear() === new Date().getFullYear();
}

/** listed joins names as the language does: Ana, Bo and Cy. */
export function listed(names: string[]): string {
  return new Intl.ListFormat(language.value, { type: "conjunction" }).format(names);
}

/** bytes is a size: 1.2 MB. */
export function bytes(n: number): string {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"];
  const step = n < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(n) / 3));
  const options = { style: "unit", unit: units[step], unitDisplay: "short", maximumFractionDigits: step > 1 ? 1 : 0 } as const;
  return new Intl.NumberFormat(language.value, options).format(n / 1000 ** step);
}
