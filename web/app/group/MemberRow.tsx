import { useState } from "preact/hooks";
import type { Room, RoomMember } from "../../lib/core";
import { withPerson } from "../challenge/captcha";
import { Block, Chats, More, Person, ShieldCheck, Trash } from "../icons";
import { faceOf } from "../list/faces";
import { attempt, core, goToRoom, worked, onceMore } from "../state";
import { t } from "../strings";
import { Avatar, Confirm, MenuButton, toast, type MenuItem } from "../ui";

/** MemberRow is somebody in a group, their role, and what one may do about them. */
export function MemberRow({ info, member, onClose }: { info: Room; member: RoomMember; onClose: () => void }) {
  const [removing, setRemoving] = useState(false);
  const [blocking, setBlocking] = useState(false);
  const admin = member.role === "admin";
  const name = member.display;
  const items = (): (MenuItem | null)[] => {
    const list: (MenuItem | null)[] = [];
    if (!member.own) list.push({ label: t("groups.write", { name }), icon: Chats, onPick: () => void write(member, onClose) });
    if (info.may_manage && !member.own) {
      list.push({ label: t(admin ? "groups.unmakeAdmin" : "groups.makeAdmin"), icon: Person, onPick: () => void give(info, member, admin ? "member" : "admin") });
      list.push(null, { label: t("groups.remove"), icon: Trash, danger: true, onPick: () => setRemoving(true) });
    }
    if (!member.own && member.blocked) list.push(null, { label: t("groups.unblock", { name }), icon: Block, onPick: () => void unblock(member) });
    if (!member.own && !member.blocked) list.push(...(info.may_manage ? [] : [null]), { label: t("list.block", { name }), icon: Block, danger: true, onPick: () => setBlocking(true) });
    return list;
  };
  return (
    <li class="member">
      <Avatar {...faceOf(member)} size="m" />
      <span class="member-words">
        <span class="member-name one-line">
          <bdi>{member.own ? t("you") : name}</bdi>
          {member.verified && (
            <span role="img" aria-label={t("groups.verified")} data-tip={t("groups.verified")}>
              <ShieldCheck size={0.9375} />
            </span>
          )}
        </span>
        <bdi class="quiet one-line">@{member.name}</bdi>
      </span>
      {member.blocked && <span class="badge">{t("groups.blocked")}</span>}
      {admin && <span class="badge">{t("groups.admin")}</span>}
      {!member.own && <MenuButton small label={t("groups.memberMenu", { name })} icon={More} items={items} />}
      {removing && <RemoveQuestion info={info} member={member} onClose={() => setRemoving(false)} />}
      {blocking && <BlockQuestion member={member} onClose={() => setBlocking(false)} />}
    </li>
  );
}

async function write(member: RoomMember, onClose: () => void): Promise<void> {
  const room = await attempt(withPerson(() => onceMore(() => core.start({ names: [member.name], group: false }))));
  if (!room) return;
  onClose();
  goToRoom(room.room);
}

async function give(info: Room, member: RoomMember, role: string): Promise<void> {
  await worked(core.setRole({ room: info.room, account: member.account, role }));
}

function RemoveQuestion({ info, member, onClose }: { info: Room; member: RoomMember; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const yes = async () => {
    setBusy(true);
    const done = await worked(core.removeMember({ room: info.room, account: member.account }));
    setBusy(false);
    onClose();
    if (done) toast(t("groups.removed", { name: member.display }));
  };
  return (
    <Confirm
      title={t("groups.removeTitle", { name: member.display })}
      text={t("groups.removeText")}
      yes={t("remove")}
      danger
      busy={busy}
      onYes={() => void yes()}
      onClose={onClose}
    />
  );
}

async function unblock(member: RoomMember): Promise<void> {
  if (await worked(core.unblock({ accounts: [member.account] }))) toast(t("privacy.unblocked", { name: member.display }));
}

function BlockQuestion({ member, onClose }: { member: RoomMember; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const yes = async () => {
    setBusy(true);
    const done = await worked(core.block({ accounts: [member.account] }));
    setBusy(false);
    onClose();
    if (done) toast(t("requests.blocked", { n: 1 }));
  };
  return <Confirm title={t("list.blockTitle", { name: member.display })} text={t("list.blockText")} yes={t("block")} danger busy={busy} onYes={() => void yes()} onClose={onClose} />;
}
