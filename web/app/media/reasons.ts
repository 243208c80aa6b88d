/** Why an attachment couldn't be fetched or sent, for a person. Pure but for its words. */

import type { Key } from "../strings";

/** gone: it isn't there any more; opened: it was to be viewed once, and was; offline: another time; quota, size: this server doesn't take it; early: the other one hasn't accepted yet. */
export type Reason = "gone" | "opened" | "offline" | "quota" | "size" | "early" | "failed";

/** What is known of errors: a code of wire's, or the status of an answer. */
interface Told {
  code?: unknown;
  status?: unknown;
  name?: unknown;
}

const byCode: Record<string, Reason> = { unknown_blob: "gone", unknown_message: "gone", view_once: "opened", blob_taken: "gone", not_found: "gone", quota: "quota", too_large: "size", offline: "offline", unavailable: "offline", request_pending: "early" };
const byStatus: Record<number, Reason> = { 404: "gone", 410: "gone", 413: "size", 507: "quota", 502: "offline", 503: "offline", 504: "offline" };

/** reasonOf sorts an error. */
export function reasonOf(error: unknown): Reason {
  const e = (error ?? {}) as Told;
  const known = byCode[String(e.code)] ?? byStatus[Number(e.status)];
  if (known) return known;
  return e instanceof TypeError || e.name === "NetworkError" ? "offline" : "failed";
}

/** lackOf is what is shown instead of an attachment that couldn't be fetched or opened. */
export function lackOf(error: unknown): { is: "gone" | "opened" | "failed" } {
  const reason = reasonOf(error);
  return { is: reason === "gone" || reason === "opened" ? reason : "failed" };
}

const sentences: Partial<Record<Reason, Key>> = { offline: "media.failedOffline", quota: "media.failedQuota", size: "media.failedSize", early: "media.failedEarly" };

/** sentenceOf says why something wasn't sent. */
export function sentenceOf(reason: Reason): Key {
  return sentences[reason] ?? "media.failed";
}
