// What the desk's names mean, in words.
import type { CaseState, Category, DecisionKind, DecisionState, ItemKind, Role, Verdict, Weight, WeightReason } from "../lib/desk";

export const categories: Record<Category, string> = {
  child_safety: "Child safety",
  self_harm: "Self-harm",
  terror: "Terror",
  sexual_content: "Sexual content",
  harassment: "Harassment",
  scam: "Scam",
  other: "Other",
};

export const verdicts: Record<Verdict, string> = {
  signed: "Signed by a device that the platform lists",
  attested: "Attested by the platform",
  unverified: "Not verified",
};

export const verdictsShort: Record<Verdict, string> = { signed: "Signed", attested: "Attested", unverified: "Not verified" };

export const states: Record<CaseState, string> = { open: "Open", waiting: "Waits for a second person", decided: "Decided" };

export const kinds: Record<DecisionKind, string> = { dismiss: "Dismiss", warn: "Warn", limit: "Limit", suspend: "Suspend", remove: "Remove attachments" };

export const kindsDone: Record<DecisionKind, string> = {
  dismiss: "Dismissed",
  warn: "Warning",
  limit: "Limit",
  suspend: "Suspension",
  remove: "Removal of attachments",
};

export const kindHints: Record<DecisionKind, string> = {
  dismiss: "Nothing is done. Who reported is told that it was looked at.",
  warn: "The person reads the statement of reasons. Nothing is restricted.",
  limit: "The person can go on in conversations they have, and can’t begin new ones.",
  suspend: "The person can read, appeal, export and leave, and can’t send.",
  remove: "The attachments you choose are taken down for everybody.",
};

export const decisionStates: Record<DecisionState, string> = {
  proposed: "Waits for a second person",
  refused: "Refused by the second person",
  made: "Being carried out",
  enforced: "Carried out",
  reversed: "Reversed on appeal",
};

export const itemKinds: Record<ItemKind, string> = {
  text: "Message",
  media: "Attachment",
  sticker: "Sticker",
  post: "Shared post",
  reaction: "Reaction",
  edit: "Edit",
  unsend: "Unsent",
  other: "Message of another kind",
};

export const roles: Record<Role, string> = { reviewer: "Reviewer", senior: "Senior reviewer", lead: "Lead", auditor: "Auditor" };

export const roleHints: Record<Role, string> = {
  reviewer: "Decides cases and appeals",
  senior: "Also the second person, exports and lawful requests",
  lead: "Also keeps the staff and reads the audit log",
  auditor: "Reads audit log and counts, no case",
};

export const weights: Record<WeightReason, string> = {
  category: "Category",
  reporter: "How often the reporters were right",
  reporters: "Several reporters",
  age: "Time waited",
};

const when = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });

export const atTime = (ms: number) => when.format(ms);
export const atDay = (ms: number) => day.format(ms);

/** ago is how long ago something was, roughly. */
export function ago(ms: number): string {
  const minutes = Math.max(0, Math.round((Date.now() - ms) / 60_000));
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} h ago`;
  const days = Math.round(minutes / 1440);
  return days > 30 ? `on ${atDay(ms)}` : `${days} days ago`;
}

/** count is "1 message", "2 messages". */
export const count = (n: number, one: string, many = `${one}s`) => `${n.toLocaleString("en")} ${n === 1 ? one : many}`;

/** duration is a number of milliseconds as 1:05. */
export function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** size is a number of bytes in words. */
export function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** nameOf is the last part of an account, by which people know it. */
export const nameOf = (account: string) => account.slice(account.lastIndexOf("/") + 1);

/** plain is a name of the statement of reasons' database in words. */
export function plain(name: string): string {
  const text = name.replace(/^(STATEMENT_CATEGORY|KEYWORD|DECISION_[A-Z]+|CONTENT_TYPE|SOURCE(_TYPE)?|AUTOMATED_DECISION)_/, "").replaceAll("_", " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** stepWords are the steps of a verification (docs/report-format.md) as sentences. */
const stepWords: Record<string, string> = {
  content: "The message is whole and can be read",
  tag: "The tag that travelled with it fits this message and no other",
  context: "The platform noted who sent it, where and when",
  author: "The message names the same sender and conversation",
  batch: "The platform signed the batch that it came in",
  place: "It has one place in the conversation",
  framing: "It is a message of this conversation, not of another",
  "signed data": "What the sender’s device signed is this message",
  "device list": "The platform lists the device as the sender’s",
  "leaf signature": "The device’s signature is right",
  "the platform's own record": "The platform’s own record agrees",
};

/** stepOf is a step as a sentence. */
export const stepOf = (name: string) => (Object.hasOwn(stepWords, name) ? stepWords[name]! : name);

/** urgentFrom is how many points a category has that stands above all else: desk/priority.go. */
const urgentFrom = 10_000;

/** isUrgent is whether a case's category stands above all else. */
export const isUrgent = (why: Weight[]) => why.some((w) => w.reason === "category" && w.points >= urgentFrom);

/** whyOf is what a priority is the sum of, without what adds nothing. */
export const whyOf = (why: Weight[]) =>
  why
    .filter((w) => w.points !== 0)
    .map((w) => `${weights[w.reason].toLowerCase()} ${w.points.toLocaleString("en")}`)
    .join(", ");
