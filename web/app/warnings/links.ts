import { signal } from "@preact/signals";
import type { LinkWarning } from "../../lib/core";
import { core } from "../state";

/** What is known of links, by target and words. The oldest go first where there are too many. */
const known = new Map<string, LinkWarning[]>();
const most = 2000;

/** version changes when more is known; what has read it is drawn again. */
const version = signal(0);

let asked: { target: string; display: string }[] = [];
const waiting = new Set<string>();

const keyOf = (target: string, display: string) => `${target}\n${display}`;

/** warningsOf says what is suspicious of a link, as far as is known yet; what isn't known is asked of the core, which tells nobody. */
export function warningsOf(target: string, display: string): LinkWarning[] {
  return foundIn(target, display) ?? [];
}

/** harmless is whether it is known of a link that nothing about it is suspicious: what isn't known yet may be. */
export function harmless(target: string, display: string): boolean {
  return foundIn(target, display)?.length === 0;
}

function foundIn(target: string, display: string): LinkWarning[] | undefined {
  void version.value;
  const found = known.get(keyOf(target, display));
  if (!found) ask({ target, display });
  return found;
}

function ask(link: { target: string; display: string }) {
  const key = keyOf(link.target, link.display);
  if (waiting.has(key)) return;
  waiting.add(key);
  if (asked.push(link) === 1) queueMicrotask(() => void check());
}

/** How many links one call takes. */
const step = 200;

async function check() {
  const links = asked.slice(0, step);
  asked = asked.slice(step);
  if (asked.length > 0) queueMicrotask(() => void check());
  try {
    const answer = await core.checkLinks({ links });
    const before = links.map((link) => known.get(keyOf(link.target, link.display))?.length ?? 0);
    links.forEach((link, i) => known.set(keyOf(link.target, link.display), answer.links[i]?.warnings ?? []));
    for (const key of known.keys()) {
      if (known.size <= most) break;
      known.delete(key);
    }
    if (answer.links.some((l, i) => l.warnings.length !== before[i])) version.value++;
  } catch {
    // It is asked again when it is drawn again.
  }
  for (const link of links) waiting.delete(keyOf(link.target, link.display));
}

/** askAgain asks of all links that were asked of: a new list may know more. What is known holds until then. */
export function askAgain() {
  for (const key of known.keys()) {
    const at = key.indexOf("\n"); // an address has no line ends
    ask({ target: key.slice(0, at), display: key.slice(at + 1) });
  }
}
