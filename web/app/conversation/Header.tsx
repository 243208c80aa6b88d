import type { Room } from "../../lib/core";
import { Archive, Back, Bell, Block, Info, More, Mute, Pin, Shield, ShieldCheck, SignOut, Timer, Trash, Unarchive, Unpin } from "../icons";
import { asked, mayDelete, restrictItem, toggleArchive, togglePin } from "../list/deeds";
import { roomFace } from "../list/faces";
import { core, typing, up, worked } from "../state";
import { number, t } from "../strings";
import { listed } from "../strings/dates";
import { Avatar, IconButton, MenuButton, Skeleton, type MenuItem } from "../ui";
import { duration } from "./durations";
import { useView, type View } from "./view";

/** Header says whose conversation it is, who can read it, and holds what one can do with it. */
export function Header() {
  const view = useView();
  const info = view.thread.info.value;
  return (
    <header class="talk-head">
      <IconButton class="talk-back" label={t("back")} icon={Back} onClick={() => up()} />
      {info ? <Title info={info} view={view} /> : <Waiting />}
      {info && <ReadersButton info={info} view={view} />}
      {info && <MenuButton label={t("conversation.options")} icon={More} items={() => deeds(info, view)} />}
    </header>
  );
}

function Waiting() {
  return (
    <div class="talk-title">
      <Skeleton shape="circle" />
      <span class="talk-words">
        <Skeleton shape="w40" />
      </span>
    </div>
  );
}

function Title({ info, view }: { info: Room; view: View }) {
  const open = () => (view.panel.value = { kind: info.direct ? "readers" : "info" });
  return (
    <button type="button" class="talk-title" onClick={open}>
      <Avatar {...roomFace(info)} size="m" />
      <span class="talk-words">
        <h1 class="one-line">
          <bdi>{info.title}</bdi>
          {info.muted && <Mute size={0.875} />}
        </h1>
        <span class="talk-second one-line">
          <Second info={info} />
        </span>
      </span>
    </button>
  );
}

function Second({ info }: { info: Room }) {
  const writers = typing.value.get(info.room) ?? [];
  if (writers.length > 0) return <span class="is-typing">{typingWords(info, writers)}</span>;
  const timer = info.timer_s > 0 && (
    <span class="talk-timer">
      <Timer size={0.875} /> {duration(info.timer_s)}
    </span>
  );
  if (!info.direct) {
    const names = info.members.map((m) => (m.own ? t("you") : m.display));
    const some = names.length > 4 ? [...names.slice(0, 3), `+${number(names.length - 3)}`] : names;
    return (
      <>
        {timer} {names.length > 4 ? some.join(", ") : listed(some)}
      </>
    );
  }
  const other = info.people[0];
  if (!other || other.own) return <>{t("conversation.notes")}</>;
  return (
    <>
      {timer} <bdi>@{other.name}</bdi>
    </>
  );
}

function typingWords(info: Room, writers: string[]): string {
  if (info.direct) return t("conversation.typing");
  const who = writers.length === 1 ? info.members.find((m) => m.account === writers[0]) : undefined;
  return who ? t("conversation.isTyping", { name: who.display }) : t("conversation.areTyping", { n: writers.length });
}

function ReadersButton({ info, view }: { info: Room; view: View }) {
  const others = info.members.filter((m) => !m.own);
  const verified = others.length > 0 && others.every((m) => m.verified);
  return (
    <IconButton
      class={verified ? "readers-button verified" : "readers-button"}
      label={t("conversation.whoReadsCount", { n: info.members.length })}
      icon={verified ? ShieldCheck : Shield}
      onClick={() => (view.panel.value = { kind: "readers" })}
    />
  );
}

function deeds(info: Room, view: View): (MenuItem | null)[] {
  const other = info.direct ? info.people[0] : undefined;
  const open = (kind: "info" | "readers" | "timer" | "mute" | "leave") => () => (view.panel.value = { kind });
  const items: (MenuItem | null)[] = [];
  if (!info.direct) items.push({ label: t("conversation.info"), icon: Info, onPick: open("info") });
  items.push({ label: t("conversation.whoReads"), icon: Shield, onPick: open("readers") });
  if (info.may_send) items.push({ label: t("conversation.timer"), icon: Timer, onPick: open("timer") });
  items.push(null);
  if (info.muted) items.push({ label: t("list.unmute"), icon: Bell, onPick: () => void worked(core.setRoom({ room: info.room, muted_ms: 0 })) });
  else items.push({ label: t("conversation.muteFor"), icon: Mute, onPick: open("mute") });
  items.push({ label: t(info.pinned ? "list.unpin" : "list.pin"), icon: info.pinned ? Unpin : Pin, onPick: () => void togglePin(info) });
  if (!other?.restricted) {
    items.push({
      label: t(info.archived ? "list.unarchive" : "list.archive"),
      icon: info.archived ? Unarchive : Archive,
      onPick: () => void toggleArchive(info),
    });
  }
  items.push(null);
  if (!info.direct && info.active) items.push({ label: t("conversation.leave"), icon: SignOut, danger: true, onPick: open("leave") });
  if (other && !other.own && !other.blocked) {
    items.push(restrictItem(other));
    items.push({ label: t("list.block", { name: other.display }), icon: Block, danger: true, onPick: () => (asked.value = { deed: "block", line: info }) });
  }
  if (mayDelete(info)) items.push({ label: t("list.delete"), icon: Trash, danger: true, onPick: () => (asked.value = { deed: "delete", line: info }) });
  return items;
}
