/** Sending what was written. */

import type { Mention, Message } from "../../lib/core";
import type { View } from "../conversation/view";
import type { Card } from "../links/composing";
import { codeOf, core, worked } from "../state";
import { spans, type Candidate } from "./mention";

/** candidatesOf are those whom a text in this conversation may mention. Of two with the same name, neither. */
export function candidatesOf(view: View): Candidate[] {
  const others = [...view.people.value.values()].filter((m) => !m.own);
  const count = new Map<string, number>();
  for (const m of others) count.set(m.display, (count.get(m.display) ?? 0) + 1);
  return others.map(({ account, name, display }) => ({ account, name, display: count.get(display) === 1 ? display : name }));
}

/** mentionsIn are the people whom a text mentions. */
export function mentionsIn(view: View, text: string): Mention[] {
  return view.direct.value ? [] : spans(text, candidatesOf(view)).slice(0, 64);
}

/** send sends a text, as an answer, a change of an own message, or by itself; whether it was taken. */
export async function send(view: View, text: string, target: Message | null, edits: boolean, card: Card | null = null): Promise<boolean> {
  const mentions = mentionsIn(view, text);
  const words = { room: view.thread.room, text, reply: target?.id, mentions };
  const withCard = () => core.send({ ...words, preview: card?.preview, post: card?.post });
  const without = (err: unknown) => (card && codeOf(err) === "bad_params" ? core.send(words) : Promise.reject(err)); // a card holds no text up
  const call = edits && target ? core.edit({ id: target.id, text, mentions }) : withCard().catch(without);
  const done = await worked(call);
  return done;
}
