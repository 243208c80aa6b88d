import { useState } from "preact/hooks";
import type { Room } from "../../lib/core";
import { accept as acceptRooms, asked } from "../list/deeds";
import { desk, subject } from "../report/report";
import { account, core, go, goToRoom, refreshRooms, route, worked } from "../state";
import { parts, t } from "../strings";
import { Button } from "../ui";
import { useView, type View } from "./view";

/** Banner stands where the composer would be, and says why there is none: a request, an answer that is waited for, a group that one has left. */
export function Banner() {
  const info = useView().thread.info.value;
  if (!info) return null;
  if (info.request) return <Request info={info} />;
  const other = info.direct ? info.people[0] : undefined;
  if (other?.blocked) return <Blocked name={other.display} person={other.account} />;
  if (info.pending) return <Words title={t("conversation.pending")} text={t("conversation.pendingText", { name: info.title })} />;
  if (!info.active) return <Inactive info={info} />;
  if (info.reset_of.length > 0) return null; // Resets asks
  return <Words text={t("conversation.waiting")} />;
}

function Words({ title, text }: { title?: string; text: string }) {
  return (
    <div class="banner" role="note">
      {title && <strong>{title}</strong>}
      <p>{text}</p>
    </div>
  );
}

function Request({ info }: { info: Room }) {
  const view = useView();
  const [busy, setBusy] = useState(false);
  const who = info.people[0];
  const name = info.direct ? info.title : inviter(view);
  const accept = async () => {
    setBusy(true);
    if (await acceptRooms([info.room])) {
      refreshRooms();
      if (route.value.at === "chats" && route.value.folder === "requests") go({ at: "chats", folder: "", room: info.room, message: "" }, true);
      else goToRoom(info.room);
    }
    setBusy(false);
  };
  return (
    <div class="banner request" role="group" aria-labelledby="request-title">
      <strong id="request-title">{t(info.direct ? "conversation.requestTitle" : name ? "conversation.requestGroupTitle" : "conversation.requestGroupPlain", { name })}</strong>
      <p>{info.direct ? parts("conversation.requestText", { account: <bdi>@{who?.name ?? ""}</bdi> }) : t("conversation.requestGroupText")}</p>
      <div class="banner-deeds">
        {info.direct && (
          <Button kind="danger-quiet" onClick={() => (asked.value = { deed: "block", line: info })}>
            {t("block")}
          </Button>
        )}
        {desk.value?.desk && (
          <Button kind="danger-quiet" onClick={() => (subject.value = { room: info.room, messages: [], ...(who && info.direct ? { about: who.account } : {}) })}>
            {t("report.report")}
          </Button>
        )}
        <Button onClick={() => (asked.value = { deed: "delete", line: info })}>{t("delete")}</Button>
        <Button kind="primary" busy={busy} onClick={() => void accept()}>
          {t("conversation.accept")}
        </Button>
      </div>
    </div>
  );
}

/** inviter is the name of who made the group with one in it, or added one; '' if no line that is held says. */
function inviter(view: View): string {
  const all = view.thread.window.value.messages;
  const added = all.findLast((m) => m.notice === "joined" && m.subject === account.value)?.from;
  const who = added || all.find((m) => m.notice === "opened")?.subject;
  return who ? view.nameOf(who) : "";
}

function Blocked({ name, person }: { name: string; person: string }) {
  return (
    <div class="banner" role="note">
      <strong>{t("conversation.blocked", { name })}</strong>
      <div class="banner-deeds">
        <Button onClick={() => void worked(core.unblock({ accounts: [person] }))}>{t("conversation.unblock")}</Button>
      </div>
    </div>
  );
}

function Inactive({ info }: { info: Room }) {
  return (
    <div class="banner" role="note">
      <strong>{t("conversation.inactive")}</strong>
      <p>{t("conversation.inactiveText")}</p>
      <div class="banner-deeds">
        <Button kind="danger-quiet" onClick={() => (asked.value = { deed: "delete", line: info })}>
          {t("list.delete")}
        </Button>
      </div>
    </div>
  );
}
