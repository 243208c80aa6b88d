/** What happened in a conversation, in one calm sentence. */

import type { Message } from "../../lib/core";
import { account, boot } from "../state";
import { t, type Key } from "../strings";
import { duration } from "./durations";
import type { View } from "./view";

/**
 * noticeText is the sentence of a notice. One who left did so by their own wish where
 * the notice is from them; where it is from somebody else nobody said why.
 */
export function noticeText(m: Message, view: View): string {
  if (m.kind === "unreadable") return t("conversation.unreadable");
  const subject = accountOf(m.subject ?? "") || m.from;
  const you = subject === account.value;
  const name = view.nameOf(subject);
  switch (m.notice) {
    case "opened":
      return say("opened", subject ? you : null, name);
    case "joined":
      return joined(m, subject, view);
    case "left":
      return m.from === subject ? say("left", you, name) : say("gone", you, name);
    case "removed":
      return removed(m, subject, view);
    case "device_added":
    case "device_removed":
    case "reset":
    case "picture":
      return say(m.notice, you, name);
    case "rejoined":
      return m.subject === boot.value?.device ? t("notice.rejoined") : say("rejoinedOther", you, name);
    case "title":
      return t(you ? "notice.titleYou" : "notice.title", { who: name, title: m.value ?? "" });
    case "timer":
      return timer(Number(m.value ?? 0), you, name);
    case "role":
      return say(m.value === "admin" ? "admin" : "member", you, name);
    case "verified_changed":
      return t("notice.verified_changed", { name });
    case "generation":
    case "expired":
      return t(`notice.${m.notice}` as Key);
  }
  return t("notice.other");
}

/** say is the sentence of one's own deed, of another one's, or of nobody's. */
function say(key: string, you: boolean | null, name: string): string {
  return t(`notice.${key}${you === null ? "Plain" : you ? "You" : ""}` as Key, { name, who: name });
}

function joined(m: Message, subject: string, view: View): string {
  const you = subject === account.value;
  const name = view.nameOf(subject);
  if (!m.from || m.from === subject) return say("joined", you, name);
  const who = view.nameOf(m.from);
  return you ? t("notice.addedYou", { who }) : m.own ? t("notice.youAdded", { name }) : t("notice.added", { who, name });
}

function removed(m: Message, subject: string, view: View): string {
  const name = view.nameOf(subject);
  const who = view.nameOf(m.from);
  if (subject === account.value) return t("notice.removedYou", { who });
  return m.own ? t("notice.youRemoved", { name }) : t("notice.removed", { who, name });
}

function timer(seconds: number, you: boolean, who: string): string {
  const key = `notice.timer${seconds > 0 ? "On" : "Off"}${you ? "You" : ""}` as Key;
  return t(key, { who, time: duration(seconds) });
}

/** accountOf is the account that a device's URI belongs to; an account's is its own. */
export function accountOf(uri: string): string {
  const m = /^(mimi:\/\/[^/]+)\/d\/([^/]+)\//.exec(uri);
  return m ? `${m[1]}/u/${m[2]}` : uri;
}
