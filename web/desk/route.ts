// Where one is: the part of the address behind the #, as /cases/ID.
import { signal } from "@preact/signals";

/** A Route is a view, and what of it: an id, or ''. */
export interface Route {
  view: string;
  id: string;
}

/** route is where one is now. */
export const route = signal<Route>(parse());

function parse(): Route {
  const [view = "", ...rest] = location.hash.replace(/^#\/?/, "").split("/");
  let id = "";
  try {
    id = decodeURIComponent(rest.join("/"));
  } catch {
    // An address that somebody has mistyped names nothing.
  }
  return { view, id };
}

/** to is the address of a view. */
export const to = (view: string, id = "") => `#/${view}${id && `/${encodeURIComponent(id)}`}`;

/** go goes to a view. */
export function go(view: string, id = "") {
  location.hash = to(view, id);
}

/** watchRoute follows the address. */
export function watchRoute() {
  addEventListener("hashchange", () => {
    if (location.hash.startsWith("#invite=")) location.reload(); // a one-time link, opened in the tab that is here
    else route.value = parse();
  });
}

/** takeInvite is the secret of a one-time link, which doesn't stay in the address; '' if there is none. */
export function takeInvite(): string {
  const token = /^#invite=([\w-]+)$/.exec(location.hash)?.[1] ?? "";
  if (token) history.replaceState(null, "", location.pathname);
  route.value = parse();
  return token;
}
