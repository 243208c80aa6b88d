import { connect, CoreError, type Core } from "../../lib/client";
import { t, type Key } from "../strings";
import { toast } from "../ui/Toast";

/** core makes the calls. It is there before the first component is drawn: see main.tsx. */
export let core: Core;

/** startCore connects the page to the core that all tabs share; a test brings its own. */
export async function startCore(made: Promise<Core> = connect()): Promise<Core> {
  core = await made;
  return core;
}

/** The sentence for a refusal's code; others are error.failed. */
const sentences: Record<string, Key> = {
  offline: "error.offline",
  unavailable: "error.offline",
  too_long: "error.too_long",
  too_large: "error.too_long",
  unknown_account: "error.unknown_person",
  no_key_package: "error.not_ready",
  not_admin: "error.not_admin",
  not_member: "error.not_member",
  unknown_room: "error.not_member",
  request_pending: "error.request_pending",
  not_accepting: "error.not_accepting",
  blocked: "error.blocked",
  last_device: "error.last_device",
  last_passkey: "error.last_passkey",
  bad_code: "error.bad_code",
  too_many_members: "error.full",
  own_age: "policy.ownAge",
  mutuals_only: "policy.mutualsOnly",
  group_size: "policy.groupSize",
  group_strangers: "policy.groupStrangers",
  operator: "policy.operator",
  not_allowed: "policy.operator",
  limited: "notices.limitedText",
  suspended: "notices.suspendedText",
  challenge_required: "error.limited",
};

/** codeOf is the code of what a call was refused with, 'failed' if it has none. */
export function codeOf(error: unknown): string {
  return error instanceof CoreError ? error.code : "failed";
}

/** captchaOf is the platform's page that has to be answered before a call can be made again; "" if there is none. */
export function captchaOf(error: unknown): string {
  const { code, captcha } = (error ?? {}) as { code?: unknown; captcha?: unknown };
  return code === "challenge_required" && typeof captcha === "string" ? captcha : "";
}

/** sentenceOf is the text that says a refusal's code; a policy's reason is a code of its own. */
export function sentenceOf(code: string): Key {
  return sentences[code] ?? "error.failed";
}

/** explain is a refusal in words, in the language of the page. */
export function explain(error: unknown): string {
  if (error instanceof CoreError && error.code === "rate_limited") {
    return error.retryMs > 0 ? t("error.limitedFor", { time: soon(error.retryMs) }) : t("error.limited");
  }
  return t(sentenceOf(codeOf(error)));
}

function soon(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const [n, unit] = seconds < 90 ? [seconds, "second"] : [Math.ceil(seconds / 60), "minute"];
  return new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: String(unit), unitDisplay: "long" }).format(Number(n));
}

/** attempt awaits a call; if it is refused, a toast says why, and the answer is undefined. */
export async function attempt<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    toast(explain(error));
    return undefined;
  }
}

/** worked is attempt for calls without a result: whether it was done. */
export async function worked(call: Promise<unknown>): Promise<boolean> {
  return (await attempt(call.then(() => true))) === true;
}
