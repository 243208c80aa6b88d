/** What one can do with a message. */

import type { Message } from "../../lib/core";
import { Alert, Copy, Edit, Forward, Info, Reply, Retry, Smile, Trash, Up } from "../icons";
import { parse, parsePlain } from "../markdown/blocks";
import { plainText } from "../markdown/plain";
import { Download } from "../media/icons";
import { canSave, saveAll } from "../media/save";
import { desk, subject } from "../report/report";
import { core, worked } from "../state";
import { Star } from "../stickers/icons";
import { drop, keep, keptAs } from "../stickers/packs";
import { t } from "../strings";
import { toast, type Anchor, type MenuItem } from "../ui";
import type { View } from "./view";

/** The emoji that are one press away. */
export const quick = ["❤️", "👍", "😂", "😮", "😢", "🙏"] as const;

export const canReact = (m: Message): boolean => m.kind === "text" && !m.unsent && m.seq > 0;
export const canReply = (m: Message): boolean => m.kind === "text" && !m.unsent && m.seq > 0;
export const canEdit = (m: Message): boolean => m.kind === "text" && m.own && !m.unsent && m.seq > 0 && !m.sticker && !m.view_once;
export const canUnsend = (m: Message): boolean => m.own && m.kind === "text" && !m.unsent && m.seq > 0;
export const canCopy = (m: Message): boolean => m.kind === "text" && !m.unsent && !m.sticker && m.text !== "";
export const canForward = (m: Message): boolean => canReply(m) && !m.view_once;

export const mayReport = (m: Message): boolean => !m.own && m.kind === "text" && m.seq > 0 && (desk.value?.desk ?? false);

/** report begins a report of a message. */
export function report(view: View, m: Message) {
  subject.value = { room: view.thread.room, messages: [m.id], about: m.from };
}

/** react puts the own reaction on a message, or takes it back. */
export async function react(m: Message, emoji: string): Promise<void> {
  const own = m.reactions.some((r) => r.own && r.emoji === emoji);
  await worked(core.react({ id: m.id, emoji: own ? "" : emoji }));
}

/** textOf is what a message says, without markup. */
export function textOf(m: Message): string {
  return plainText(m.plain ? parsePlain(m.text) : parse(m.text, m.mentions));
}

/** copy copies what was selected in a message, else what was written. */
export async function copy(m: Message): Promise<void> {
  const chosen = getSelection()?.toString() ?? "";
  try {
    await navigator.clipboard.writeText(chosen || m.text);
    toast(t("conversation.copied"));
  } catch {
    toast(t("conversation.copyFailed"));
  }
}

export async function unsend(m: Message): Promise<boolean> {
  return worked(core.unsend({ id: m.id }));
}

export async function retry(m: Message): Promise<void> {
  await worked(core.retry({ id: m.id }));
}

export async function discard(view: View, m: Message): Promise<void> {
  await worked(core.discard({ id: m.id }));
  view.thread.refresh(); // nobody else has to be told
}

/** menuOf are the deeds for a message, in the order of how often they are wanted. */
export function menuOf(view: View, m: Message, at: Anchor): (MenuItem | null)[] {
  const send = view.thread.info.value?.may_send ?? false;
  const items: (MenuItem | null)[] = [];
  if (m.state === "failed") items.push({ label: t("retry"), icon: Retry, onPick: () => void retry(m) });
  if (send && canReply(m)) items.push({ label: t("conversation.reply"), icon: Reply, onPick: () => view.answer(m) });
  if (send && canReact(m) && at instanceof Element) {
    items.push({ label: t("conversation.react"), icon: Smile, onPick: () => (view.picker.value = { message: m, at }) });
  }
  const answered = m.reply;
  if (answered && !answered.gone) items.push({ label: t("conversation.quoteJump"), icon: Up, onPick: () => void view.show(answered.id) });
  if (canCopy(m)) items.push({ label: t("conversation.copy"), icon: Copy, onPick: () => void copy(m) });
  const sticker = m.unsent ? undefined : m.sticker;
  if (sticker) {
    const kept = keptAs(m);
    items.push({ label: t(kept ? "stickers.drop" : "stickers.keep"), icon: Star, onPick: () => void (kept ? drop(kept) : keep(sticker)) });
  }
  if (canSave(m)) items.push({ label: t("media.saveNow"), icon: Download, onPick: () => void saveAll(m.attachments, view.thread.room) });
  if (canForward(m)) items.push({ label: t("conversation.forward"), icon: Forward, onPick: () => (view.panel.value = { kind: "forward", message: m }) });
  if (send && canEdit(m)) items.push({ label: t("conversation.edit"), icon: Edit, onPick: () => view.edit(m) });
  if (m.reactions.length > 0) items.push({ label: t("conversation.whoReacted"), icon: Info, onPick: () => (view.panel.value = { kind: "reactions", message: m }) });
  if (mayReport(m)) items.push(null, { label: t("report.reportMore"), icon: Alert, danger: true, onPick: () => report(view, m) });
  if (m.state === "queued" || m.state === "failed") {
    items.push(null, { label: t("conversation.discard"), icon: Trash, danger: true, onPick: () => void discard(view, m) });
  } else if (send && canUnsend(m)) {
    items.push(null, { label: t("conversation.unsend"), icon: Trash, danger: true, onPick: () => (view.panel.value = { kind: "unsend", message: m }) });
  }
  return items;
}

/** lineKey does what a key on a line means; whether it meant something. */
export function lineKey(event: KeyboardEvent, view: View, m: Message, at: Element): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false;
  const send = view.thread.info.value?.may_send ?? false;
  switch (event.key) {
    case "r": case "R":
      if (send && canReply(m)) view.answer(m);
      return true;
    case "e": case "E":
      if (send && canEdit(m)) view.edit(m);
      return true;
    case "c": case "C":
      if (canCopy(m)) void copy(m);
      return true;
    case "f": case "F":
      if (canForward(m)) view.panel.value = { kind: "forward", message: m };
      return true;
    case "+":
      if (send && canReact(m)) view.picker.value = { message: m, at };
      return true;
    case "Delete": case "Backspace":
      if (m.state === "queued" || m.state === "failed") void discard(view, m);
      else if (send && canUnsend(m)) view.panel.value = { kind: "unsend", message: m };
      return true;
    case "Enter": case "ContextMenu":
      if (menuOf(view, m, at).length > 0) view.menu.value = { message: m, at };
      return true;
  }
  return false;
}
