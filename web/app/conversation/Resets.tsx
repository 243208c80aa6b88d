import { useState } from "preact/hooks";
import { Alert } from "../icons";
import { core, worked } from "../state";
import { t } from "../strings";
import { Button } from "../ui";
import { useView } from "./view";

/** Resets asks before one goes on with somebody who has set up their account anew. */
export function Resets() {
  const [busy, setBusy] = useState(false);
  const view = useView();
  const who = view.thread.info.value?.reset_of[0];
  if (!who) return null;
  const go = async () => {
    setBusy(true);
    await worked(core.confirmReset({ account: who.account }));
    setBusy(false);
  };
  return (
    <div class="resets" role="alert">
      <Alert />
      <div>
        <strong>{t("conversation.resetTitle", { name: who.display })}</strong>
        <p>{t("conversation.resetText", { name: who.display })}</p>
        <div class="banner-deeds">
          <Button small onClick={() => (view.panel.value = { kind: "readers" })}>
            {t("conversation.whoReads")}
          </Button>
          <Button small kind="primary" busy={busy} onClick={() => void go()}>
            {t("conversation.resetGo", { name: who.display })}
          </Button>
        </div>
      </div>
    </div>
  );
}
