import { effect, signal } from "@preact/signals";
import type { Report, ReportCategory, ReportedMessage, Reporting } from "../../lib/core";
import { core, phase } from "../state";

/** What is to be reported: messages of a conversation, or none yet. */
export interface Subject {
  room: string;
  messages: string[];
  /** Whom it is about, where that is known: an account. */
  about?: string;
}

/** subject is what the person is reporting; null while not. */
export const subject = signal<Subject | null>(null);

/** desk says whether there is anybody to report to, and for how long; null until it is known. */
export const desk = signal<Reporting | null>(null);

/** categories are what a report may be about, in the order that they are offered in. */
export const categories: readonly ReportCategory[] = ["harassment", "scam", "sexual_content", "child_safety", "self_harm", "terror", "other"];

/** watchDesk asks whether there is a safety desk, once somebody is here. */
export function watchDesk() {
  const ask = () => void core.reporting().then((answer) => (desk.value = answer), () => undefined);
  effect(() => {
    if (phase.value === "ready") ask();
    else desk.value = null;
  });
  core.on("boot", () => desk.value?.desk || (phase.value === "ready" && ask()));
}

/** telling says whether a message can be chosen: what nobody has said, as that a timer was set, isn't offered. */
export function telling(m: ReportedMessage): boolean {
  return m.text !== "" || m.attachments.length > 0 || ["text", "edit", "unsend", "reaction"].includes(m.kind);
}

/** Draft is what the person has said of a report so far. */
export interface Draft {
  chosen: ReadonlySet<string>;
  category: ReportCategory | "";
  note: string;
  block: boolean;
}

/** reportOf is a draft as the core takes it. */
export function reportOf(of: Subject, draft: Draft): Report {
  return {
    room: of.room,
    messages: [...draft.chosen],
    category: draft.category || "other",
    note: draft.note.trim(),
    block: draft.block,
    ...(of.about ? { about: of.about } : {}),
  };
}
