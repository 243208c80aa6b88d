import type { Line, RoomLine } from "../../lib/core";
import { mediaText } from "../media/words";
import { t, type Key } from "../strings";

const notices: Record<string, Key> = {
  opened: "list.notice.opened",
  joined: "list.notice.joined",
  left: "list.notice.left",
  device_added: "list.notice.device",
  device_removed: "list.notice.device",
  reset: "list.notice.reset",
  title: "list.notice.title",
  picture: "list.notice.picture",
  timer: "list.notice.timer",
  role: "list.notice.role",
};

const ownNotices: Record<string, Key> = {
  joined: "list.notice.youJoined",
  left: "list.notice.youLeft",
  device_added: "list.notice.ownDevice",
  device_removed: "list.notice.ownDevice",
};

function notice(line: Line): string {
  const kind = line.notice ?? "";
  const about = (line.own && ownNotices[kind]) || notices[kind];
  return t(about ?? "list.notice.other", { name: line.subject ?? "" });
}

/** lastText is what a line of the list says of the last message, in words. */
export function lastText(line: Line | undefined): string {
  if (!line) return t("list.nothing");
  if (line.kind === "notice") return notice(line);
  if (line.kind === "unknown") return t("list.unknown");
  if (line.kind === "unreadable") return t("list.unreadable");
  const media = mediaText(line);
  const bare = line.media === "post" && /^https?:\/\/\S+$/.test(line.text); // its address alone
  if (media) return line.text && !bare ? `${media} · ${line.text}` : media;
  return line.text || t("list.unsent");
}

/** lastWho is whose the last message is, where that isn't plain: "You:", "Ana:". */
export function lastWho(room: RoomLine): string {
  const line = room.last;
  if (!line || room.direct || line.kind === "notice") return "";
  if (line.own) return t("list.youSaid");
  return line.who ? t("list.whoSaid", { name: line.who }) : "";
}

/** typingText says who writes in a room, or is ''. */
export function typingText(room: RoomLine, accounts: string[] | undefined): string {
  if (!accounts?.length) return "";
  if (room.direct) return t("list.typing");
  if (accounts.length > 1) return t("list.typingMany", { n: accounts.length });
  const one = room.people.find((person) => person.account === accounts[0]);
  return one ? t("list.typingWho", { name: one.display }) : t("list.typingMany", { n: 1 });
}
