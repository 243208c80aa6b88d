import { signal } from "@preact/signals";
import { harmless } from "../warnings/links";

/** asking is the link that is to be followed, while the person is asked; null while not. own: it is in a message of one's own. */
export const asking = signal<{ href: string; display: string; own: boolean } | null>(null);

/** askFirst asks about a link before it is followed, if its words aren't its address, or it isn't known to be harmless, which one's own words always are. For an onClick. */
export function askFirst(event: MouseEvent, href: string, display: string, exact: boolean, own: boolean) {
  if (exact && (own || harmless(href, display))) return;
  event.preventDefault();
  asking.value = { href, display, own };
}
