// What the page says to the desk, as package deskapi has it.
import { signal } from "@preact/signals";
import { csrfHeader, routes, type Act, type Error as Refusal, type Me, type Methods } from "../lib/desk";
import { draftsOf } from "./drafts";

/** me is who is signed in; null: nobody; undefined: not known yet. */
export const me = signal<Me | null | undefined>(undefined);

/** ended is whether a session has ended by itself: who was here signs in again. */
export const ended = signal(false);

/** enter is what signing in gives; what a colleague has begun to write isn't shown to who comes after. */
export function enter(now: Me) {
  draftsOf(now.person.id);
  ended.value = false;
  me.value = now;
}

/** may is whether the role allows something. */
export const may = (act: Act) => me.value?.may.includes(act) ?? false;

/** Refused is a call that the desk refused; its message is a plain sentence. */
export class Refused extends Error {
  constructor(
    readonly code: Refusal["code"] | "offline",
    message: string,
  ) {
    super(message);
  }
}

/** call makes a call; it throws Refused. Whoever isn't signed in any more is nobody from then on. */
export async function call<K extends keyof Methods>(name: K, ...params: Parameters<Methods[K]>): Promise<Awaited<ReturnType<Methods[K]>>> {
  const [method, path] = routes[name];
  const rest: Record<string, unknown> = { ...(params[0] as object | undefined) };
  let url = path.replace(/\{(\w+)\}/g, (_, field: string) => {
    const value = String(rest[field] ?? "");
    delete rest[field];
    return encodeURIComponent(value);
  });
  const init: RequestInit = { method, headers: {}, credentials: "same-origin", cache: "no-store" };
  if (method === "GET") url += query(rest);
  else {
    init.body = JSON.stringify(rest);
    init.headers = { "Content-Type": "application/json", [csrfHeader]: me.peek()?.csrf ?? "" };
  }
  const answer = await fetch(url, init).catch(() => null);
  if (!answer) throw new Refused("offline", "The desk doesn’t answer. Is the network there?");
  const body: unknown = await answer.json().catch(() => null);
  if (answer.ok && body !== null) return body as Awaited<ReturnType<Methods[K]>>;
  const { code = "internal", message = "Something went wrong." } = (body ?? {}) as Partial<Refusal>;
  if (code === "unauthenticated") {
    ended.value ||= !!me.peek();
    me.value = null;
  }
  throw new Refused(code, message);
}

/** query is what isn't empty of the fields, as a query. */
function query(fields: Record<string, unknown>): string {
  const out = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value !== undefined && value !== "" && value !== false && value !== 0) out.set(name, String(value));
  }
  return out.size > 0 ? `?${out}` : "";
}
