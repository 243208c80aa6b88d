/** What happened in a conversation, in one calm sentence. */

import type { Message } from "../../lib/core";
import { t, type Key } from "../strings";
import { duration } from "./durations";
import type { View } from "./view";

/** noticeText is the sentence of a notice. */
export function noticeText(m: Message, view: View): string {
  if (m.kind === "unreadable") return t("conversation.unreadable");
  const subject = accountOf(m.subject ?? "") || m.from;
  const person = view.people.value.get(subject);
  const you = person ? person.own : m.own && subject === m.from;
  const name = view.nameOf(subject);
  const who = m.from ? view.nameOf(m.from) : "";
  const by = m.from !== "" && subject !== m.from;
  switch (m.notice) {
    case "opened":
      return m.own ? t("notice.openedYou") : who ? t("notice.opened", { who }) : t("notice.openedPlain");
    case "joined":
      if (by) return you ? t("notice.addedYou", { who }) : m.own ? t("notice.youAdded", { name }) : t("notice.added", { who, name });
      return you ? t("notice.joinedYou") : t("notice.joined", { name });
    case "left":
      if (by) return you ? t("notice.removedYou", { who }) : m.own ? t("notice.youRemoved", { name }) : t("notice.removed", { who, name });
      return you ? t("notice.leftYou") : t("notice.left", { name });
    case "device_added":
    case "device_removed":
    case "reset":
      return t(`notice.${m.notice}${you ? "You" : ""}` as Key, { name });
    case "rejoined":
      return m.own || you ? t("notice.rejoined") : t("notice.rejoinedOther", { name });
    case "title":
      return m.own ? t("notice.titleYou", { title: m.value ?? "" }) : t("notice.title", { who, title: m.value ?? "" });
    case "picture":
      return m.own ? t("notice.pictureYou") : t("notice.picture", { who });
    case "timer":
      return timer(Number(m.value ?? 0), m.own, who);
    case "role":
      return t(`notice.${m.value === "admin" ? "admin" : "member"}${you ? "You" : ""}` as Key, { name });
    case "generation":
    case "expired":
      return t(`notice.${m.notice}` as Key);
    case "verified_changed":
      return t("notice.verified_changed", { name });
  }
  return t("notice.other");
}

function timer(seconds: number, own: boolean, who: string): string {
  const key = `notice.timer${seconds > 0 ? "On" : "Off"}${own ? "You" : ""}` as Key;
  return t(key, { who, time: duration(seconds) });
}

/** accountOf is the account that a device's URI belongs to; an account's is its own. */
export function accountOf(uri: string): string {
  const m = /^(mimi:\/\/[^/]+)\/d\/([^/]+)\//.exec(uri);
  return m ? `${m[1]}/u/${m[2]}` : uri;
}
