/** Addresses that a card may be of. Pure. */

import type { Platform } from "../../lib/core";
import { bareEnd, bareStart, maxURL } from "../markdown/links";

/** What the core takes as a card's address: nothing that needs escaping, and no name before the host. */
const plain = /^https?:\/\/[^\s/?#<>"\\^`{|}@%\p{C}]+(?:[/?#][^\s<>"\\^`{|}\p{C}]*)?$/u;

/** firstLink is the first address in a text that a card can be of, as it is written there; "" if there is none. */
export function firstLink(text: string): string {
  for (let i = text.indexOf("http"); i >= 0; i = text.indexOf("http", i + 4)) {
    if (!bareStart(text, i)) continue;
    const link = text.slice(i, bareEnd(text, i));
    if (link.length < maxURL && plain.test(link) && parsed(link)) return link;
  }
  return "";
}

function parsed(link: string): URL | null {
  try {
    return new URL(link);
  } catch {
    return null;
  }
}

/** hostOf is where an address really leads, as a browser writes it: letters that look like others show as xn--. */
export function hostOf(link: string): string {
  return parsed(link)?.host.replace(/^www\./, "") ?? "";
}

/** isPost says whether an address is one of the platform's. */
export function isPost(link: string, platform: Platform | undefined): boolean {
  const url = parsed(link);
  if (!url || !platform) return false;
  return platform.hosts.some((h) => h === url.host || h === `${url.host}:${url.protocol === "https:" ? 443 : 80}`);
}

/** plays says whether an address is a player that the server names, at its origin and below its path: nothing else is ever put into a frame. */
export function plays(player: string, platform: Platform | undefined): boolean {
  const url = parsed(player);
  if (!url || !platform || url.username || url.password || url.origin === globalThis.location?.origin) return false;
  if (url.href !== player || /%(?:2e|2f|5c)/i.test(url.pathname)) return false; // a server may read these as . / and \
  return platform.players.some((prefix) => url.origin === parsed(prefix)?.origin && player.startsWith(prefix));
}
