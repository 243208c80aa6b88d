import { useState } from "preact/hooks";
import { t } from "../strings";
import { Confirm, toast } from "../ui";
import { asked, block, remove } from "./deeds";

/** Asked is the question before a conversation is deleted or somebody blocked; nothing while there is none. */
export function Asked() {
  const [busy, setBusy] = useState(false);
  const now = asked.value;
  if (!now) return null;
  const { deed, line } = now;
  const name = line.people[0]?.display ?? line.title;
  const yes = async () => {
    setBusy(true);
    const done = deed === "delete" ? await remove([line.room]) : await block([line]);
    setBusy(false);
    asked.value = null;
    if (done) toast(deed === "delete" ? t("list.deleted") : t("requests.blocked", { n: 1 }));
  };
  return (
    <Confirm
      title={deed === "delete" ? t("list.deleteTitle") : t("list.blockTitle", { name })}
      text={deed === "delete" ? t("list.deleteText") : t("list.blockText")}
      yes={deed === "delete" ? t("delete") : t("block")}
      danger
      busy={busy}
      onYes={() => void yes()}
      onClose={() => (asked.value = null)}
    />
  );
}
