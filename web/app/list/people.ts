import { computed } from "@preact/signals";
import type { Person } from "../../lib/core";
import { rooms } from "../state";

/** people are those that this device knows of, from all conversations, without the own account and the blocked. */
export const people = computed<Person[]>(() => {
  const known = new Map<string, Person>();
  for (const line of rooms.value ?? []) {
    for (const person of line.people) {
      if (!person.own && !person.blocked && !known.has(person.account)) known.set(person.account, person);
    }
  }
  return [...known.values()];
});

/** A Choice is somebody to write to; person where this device knows them. */
export interface Choice {
  name: string;
  display: string;
  person?: Person;
}

/** How many choices are offered at a time. */
const most = 30;

/** choiceOf is the choice of somebody by name, who may be known. */
export function choiceOf(name: string): Choice {
  const person = people.value.find((one) => one.name === name);
  return person ? { name, display: person.display, person } : { name, display: name };
}

/** choices are people who fit what was typed, and the typed name itself; without those whom taken has. */
export function choices(text: string, taken: (name: string) => boolean): Choice[] {
  const name = asName(text);
  const known = people.value.filter((person) => !taken(person.name) && fits(name, person.display, person.name));
  const typed = validName(name) && !taken(name) && !known.some((person) => person.name === name) ? [name] : [];
  return [...typed, ...known.map((person) => person.name)].slice(0, most).map(choiceOf);
}

/** fits is whether some of the words of a name begin with what was typed. */
export function fits(text: string, ...names: string[]): boolean {
  const wanted = fold(text);
  return names.some((name) => fold(name).startsWith(wanted) || fold(name).includes(` ${wanted}`));
}

/** fold is a text without case, accents and edges, for comparing. */
export function fold(text: string): string {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLocaleLowerCase().trim();
}

/** validName is whether a text can be the name of an account: identity.ValidName. */
export function validName(name: string): boolean {
  return /^[a-z0-9._-]{1,64}$/.test(name);
}

/** asName is what was typed as a name: without an @ in front, small. */
export function asName(text: string): string {
  return text.trim().replace(/^@/, "").toLowerCase();
}
