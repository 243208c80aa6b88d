/**
 * The platform's captcha. Who does a lot at once is asked for it now and then: the
 * platform's own page, in a frame, hands an answer up, and what was refused is done
 * after all. Nothing of it is loaded into this page itself.
 */

import { signal } from "@preact/signals";
import { captchaOf } from "../state/core";

/** What came of a question: it was answered, the answer wasn't taken, or nobody answers. */
export type Outcome = "answered" | "wrong" | "left";

/** A Question waits for somebody to answer it. */
export interface Question {
  /** The address of the platform's page. */
  page: string;
  /** Whether the answer before wasn't taken. */
  again: boolean;
  /** Called once. What was asked is good for one answer: after a wrong one the call is made again, which asks anew. */
  done: (outcome: Outcome) => void;
}

/** question is what is being asked; null while nothing is. */
export const question = signal<Question | null>(null);

/** How many answers one deed may take: to look somebody up and to write to them are two. */
const most = 3;

/** How many wrong answers. */
const mostWrong = 10;

/** withPerson makes a call and, where the service first wants to see that a person is there, asks them and makes it again. Who doesn't answer is refused. */
export async function withPerson<T>(call: () => Promise<T>): Promise<T> {
  let mine: Question | null = null;
  let [answered, wrong] = [0, 0];
  try {
    for (let again = false; ; ) {
      try {
        return await call();
      } catch (refused) {
        const page = captchaOf(refused);
        const busy = question.value !== null && question.value !== mine;
        if (!page || answered >= most || wrong >= mostWrong || busy || !mayFrame(page, location.origin)) throw refused;
        const outcome = await new Promise<Outcome>((done) => (question.value = mine = { page, again, done }));
        if (outcome === "left") throw refused;
        again = outcome === "wrong";
        if (again) wrong++;
        else answered++;
      }
    }
  } finally {
    if (question.value === mine) question.value = null;
  }
}

/** mayFrame says whether a page may be shown in a frame: never one of the own origin, which could reach out of it. */
export function mayFrame(page: string, own: string): boolean {
  if (!URL.canParse(page)) return false;
  const { protocol, hostname, origin, username, password } = new URL(page);
  const here = hostname === "localhost" || hostname === "127.0.0.1";
  return origin !== own && !username && !password && (protocol === "https:" || (protocol === "http:" && here));
}

/** The longest answer that the server takes. */
const longest = 4096;

/** answerIn is the answer that a message brings; "" where it is none, or doesn't come from the platform's page in its frame. */
export function answerIn(e: Pick<MessageEvent, "source" | "origin" | "data">, frame: unknown, page: string): string {
  if (!frame || e.source !== frame || e.origin !== new URL(page).origin) return "";
  const said = e.data as { parley?: unknown; answer?: unknown } | null;
  if (typeof said !== "object" || said?.parley !== "captcha" || typeof said.answer !== "string") return "";
  return said.answer.length <= longest ? said.answer : "";
}
