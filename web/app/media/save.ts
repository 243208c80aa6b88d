/** Saving an attachment as a file. It is downloaded whole and checked before anything is written; it is never shown. */

import { effect, signal } from "@preact/signals";
import type { Attachment, Message } from "../../lib/core";
import { downloadAll } from "../../lib/media/download";
import { announce, phase } from "../state";
import { t } from "../strings";
import { toast } from "../ui";
import { access } from "./access";
import { bareName, bareType } from "./kinds";
import { arrived } from "./loaded";
import { reasonOf } from "./reasons";

/** How long a blob: URL is kept after it was given to the browser, in milliseconds. */
const kept = 60_000;

/** saving are the blobs that are being saved, with what stops them. */
export const saving = signal<ReadonlyMap<string, AbortController>>(new Map());
effect(() => {
  if (phase.value !== "ready" && phase.value !== "starting") for (const stop of saving.peek().values()) stop.abort(); // nobody is here any more
});

/** save fetches an attachment and has the browser keep it under its committed name. */
export async function save(a: Attachment, room: string): Promise<void> {
  if (saving.value.has(a.blob)) return;
  const stop = new AbortController();
  saving.value = new Map(saving.value).set(a.blob, stop);
  const name = a.name;
  try {
    give(arrived(a) ?? (await downloadAll(a, room, access, stop.signal)), a);
    announce(t("media.saved", { name }));
  } catch (e) {
    if (!stop.signal.aborted) toast(t(reasonOf(e) === "gone" ? "media.gone" : "media.notLoaded"));
  } finally {
    const rest = new Map(saving.value);
    rest.delete(a.blob);
    saving.value = rest;
  }
}

/** canSave says whether a message has something to be saved. */
export function canSave(m: Message): boolean {
  return !m.unsent && !m.view_once && m.attachments.length > 0;
}

/** saveAll saves some, one after the other. */
export async function saveAll(all: readonly Attachment[], room: string): Promise<void> {
  for (const a of all) await save(a, room);
}

/** give has the browser save a file. The link is never part of the page, so that nothing but saving can be done with it. */
export function give(file: Blob, a: Pick<Attachment, "name" | "type">): void {
  const type = bareType(a.type);
  const url = URL.createObjectURL(file.type === type ? file : file.slice(0, file.size, type));
  const link = document.createElement("a");
  link.href = url;
  link.download = bareName(a.name);
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), kept);
}
