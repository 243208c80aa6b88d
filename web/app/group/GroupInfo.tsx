import { useState } from "preact/hooks";
import type { Room } from "../../lib/core";
import { AddPerson, Edit, SignOut } from "../icons";
import { roomFace } from "../list/faces";
import { PictureInput } from "../settings/PictureInput";
import { boot, core, worked } from "../state";
import { t } from "../strings";
import { Avatar, Button, Dialog, IconButton, TextField } from "../ui";
import { MemberRow } from "./MemberRow";
import "./group.css";

export interface GroupInfoProps {
  info: Room;
  onOpen: (panel: "readers" | "add" | "leave") => void;
  onClose: () => void;
}

/** GroupInfo is a group's picture, name and people, with what one may change of them. */
export function GroupInfo({ info, onOpen, onClose }: GroupInfoProps) {
  const most = boot.value?.server?.max_members || 32;
  const members = [...info.members].sort((a, b) => Number(b.role === "admin") - Number(a.role === "admin") || Number(b.own) - Number(a.own) || a.display.localeCompare(b.display));
  const change = info.active && info.may_send;
  return (
    <Dialog title={t("groups.title")} onClose={onClose} class="group-info">
      <div class="group-face">
        {change ? (
          <PictureInput
            id={info.room}
            name={info.title}
            picture={info.picture ?? ""}
            onPicture={(picture) => void worked(core.setRoom({ room: info.room, picture }))}
            group
          />
        ) : (
          <Avatar {...roomFace(info)} size="xl" />
        )}
        <GroupName info={info} change={change} />
      </div>
      <div class="group-head">
        <h3>{t("groups.membersOf", { n: members.length, most })}</h3>
        {info.may_add && members.length < most && (
          <Button small icon={AddPerson} onClick={() => onOpen("add")}>
            {t("groups.add")}
          </Button>
        )}
      </div>
      <ul class="members">
        {members.map((m) => (
          <MemberRow key={m.account} info={info} member={m} onClose={onClose} />
        ))}
      </ul>
      {info.active && (
        <Button kind="danger-quiet" whole icon={SignOut} onClick={() => onOpen("leave")}>
          {t("groups.leave")}
        </Button>
      )}
    </Dialog>
  );
}

function GroupName({ info, change }: { info: Room; change: boolean }) {
  const [text, setText] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  if (text === null) {
    return (
      <div class="group-name">
        <strong>
          <bdi>{info.title}</bdi>
        </strong>
        {change && <IconButton small label={t("groups.rename")} icon={Edit} onClick={() => setText(info.title)} />}
      </div>
    );
  }
  const save = async (e: Event) => {
    e.preventDefault();
    const title = text.trim();
    if (title === "" || title === info.title) return setText(null);
    setBusy(true);
    if (await worked(core.setRoom({ room: info.room, title }))) setText(null);
    setBusy(false);
  };
  return (
    <form class="group-rename" onSubmit={(e) => void save(e)} onKeyDown={(e) => e.key === "Escape" && (e.preventDefault(), e.stopPropagation(), setText(null))}>
      <TextField label={t("groups.name")} value={text} onText={setText} autofocus autocomplete="off" />
      <div class="banner-deeds">
        <Button small onClick={() => setText(null)}>
          {t("cancel")}
        </Button>
        <Button small kind="primary" type="submit" busy={busy} disabled={text.trim() === ""}>
          {t("save")}
        </Button>
      </div>
    </form>
  );
}
