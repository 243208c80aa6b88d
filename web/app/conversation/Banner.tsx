import { useState } from "preact/hooks";
import type { Room } from "../../lib/core";
import { asked } from "../list/deeds";
import { core, goToRoom, refreshRooms, worked, route, go } from "../state";
import { parts, t } from "../strings";
import { Button } from "../ui";
import { useView } from "./view";

/** Banner stands where the composer would be, and says why there is none: a request, an answer that is waited for, a group that one has left. */
export function Banner() {
  const info = useView().thread.info.value;
  if (!info) return null;
  if (info.request) return <Request info={info} />;
  const other = info.direct ? info.people[0] : undefined;
  if (other?.blocked) return <Blocked name={other.display} account={other.account} />;
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
  const [busy, setBusy] = useState(false);
  const who = info.people[0];
  const name = info.direct ? info.title : (who?.display ?? info.title);
  const accept = async () => {
    setBusy(true);
    if (await worked(core.accept({ rooms: [info.room] }))) {
      refreshRooms();
      if (route.value.at === "chats" && route.value.folder === "requests") go({ at: "chats", folder: "", room: info.room, message: "" }, true);
      else goToRoom(info.room);
    }
    setBusy(false);
  };
  return (
    <div class="banner request" role="group" aria-labelledby="request-title">
      <strong id="request-title">{t(info.direct ? "conversation.requestTitle" : "conversation.requestGroupTitle", { name })}</strong>
      <p>{info.direct ? parts("conversation.requestText", { account: <bdi>{who?.name ?? ""}</bdi> }) : t("conversation.requestGroupText")}</p>
      <div class="banner-deeds">
        <Button kind="danger-quiet" onClick={() => (asked.value = { deed: "block", line: info })}>
          {t("block")}
        </Button>
        <Button onClick={() => (asked.value = { deed: "delete", line: info })}>{t("delete")}</Button>
        <Button kind="primary" busy={busy} onClick={() => void accept()}>
          {t("conversation.accept")}
        </Button>
      </div>
    </div>
  );
}

function Blocked({ name, account }: { name: string; account: string }) {
  return (
    <div class="banner" role="note">
      <strong>{t("conversation.blocked", { name })}</strong>
      <div class="banner-deeds">
        <Button onClick={() => void worked(core.unblock({ accounts: [account] }))}>{t("conversation.unblock")}</Button>
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
