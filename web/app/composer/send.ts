/** Sending what was written. */

import type { Mention, Message } from "../../lib/core";
import type { View } from "../conversation/view";
import { core, worked } from "../state";
import { spans, type Candidate } from "./mention";

/** candidatesOf are those whom a text in this conversation may mention. Of two with the same name, neither. */
export function candidatesOf(view: View): Candidate[] {
  const others = [...view.people.value.values()].filter((m) => !m.own);
  const count = new Map<string, number>();
  for (const m of others) count.set(m.display, (count.get(m.display) ?? 0) + 1);
  return others.map(({ account, name, display }) => ({ account, name, display: count.get(display) === 1 ? display : name }));
}

/** send sends a text, as an answer, a change of an own message, or by itself; whether it was taken. */
export async function send(view: View, text: string, target: Message | null, edits: boolean): Promise<boolean> {
  const mentions: Mention[] = view.direct.value ? [] : spans(text, candidatesOf(view)).slice(0, 64);
  const call = edits && target ? core.edit({ id: target.id, text, mentions }) : core.send({ room: view.thread.room, text, reply: target?.id, mentions });
  const done = await worked(call);
  view.thread.refresh(); // it is there from now on: nobody has to tell
  return done;
}
