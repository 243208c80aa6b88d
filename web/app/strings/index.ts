// What people read: t('key', {…}) is a text in the language that is chosen. A
// component that calls t is drawn again when the language changes.
import { signal } from "@preact/signals";
import type { ComponentChild } from "preact";
import { en } from "./en";
import type { Plural, Table } from "./table";

/** Key names a text. */
export type Key = keyof typeof en;

/** Vars are what the {names} of a text stand for; n also chooses the plural form. */
export type Vars = Record<string, string | number>;

/** A Language that the page has: its tag, its own name, and whether it runs from right to left. */
export interface Language {
  tag: string;
  name: string;
  rtl: boolean;
}

/** languages are those there are, the first one where nothing else fits. */
export const languages: readonly Language[] = [
  { tag: "en", name: "English", rtl: false },
  { tag: "ar", name: "العربية", rtl: true },
];

/** language is the tag of the one that is shown: change it with speak. */
export const language = signal("en");

const tables: Record<string, Table> = { en };
const english: Table = en;

/** fitting is the language for a wish: a tag of ours, or '' for the browser's own. */
export function fitting(wish: string): Language {
  const wishes = wish ? [wish] : navigator.languages;
  for (const one of wishes) {
    const found = languages.find(({ tag }) => tag === one.split("-")[0]);
    if (found) return found;
  }
  return languages[0]!;
}

/** speak changes the language, and the direction of the page. It loads its texts first. */
export async function speak(wish: string): Promise<void> {
  const { tag, rtl } = fitting(wish);
  if (tag === "ar") tables.ar ??= (await import("./ar")).ar;
  document.documentElement.lang = tag;
  document.documentElement.dir = rtl ? "rtl" : "ltr";
  language.value = tag;
}

/** t is the text of a key, with what its {names} stand for: each in its own direction. */
export function t(key: Key, vars?: Vars): string {
  return pick(key, vars).replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = vars?.[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number(value) : isolate(value);
  });
}

/** parts is a text with elements in it: {names} that are in vars become those. */
export function parts(key: Key, vars: Record<string, ComponentChild>): ComponentChild[] {
  const pieces = pick(key, vars as Vars).split(/\{(\w+)\}/);
  return pieces.map((piece, i) => (i % 2 === 0 ? piece : (vars[piece] ?? "")));
}

/** isolate keeps a name's direction from turning the text around it, also that of a name which tries to. */
export function isolate(name: string): string {
  return `\u2068${name.replace(/[\u202A-\u202E\u2066-\u2069]/g, "")}\u2069`;
}

/** number is a number as the language writes it. */
export function number(n: number): string {
  return new Intl.NumberFormat(language.value).format(n);
}

function pick(key: Key, vars?: Vars): string {
  const text = tables[language.value]?.[key] ?? english[key] ?? key;
  if (typeof text === "string") return text;
  return plural(text, Number(vars?.n ?? 0));
}

function plural(forms: Plural, n: number): string {
  return forms[new Intl.PluralRules(language.value).select(n)] ?? forms.other;
}
