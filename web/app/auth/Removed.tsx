import { useState } from "preact/hooks";
import { Devices } from "../icons";
import { attempt, boot, core } from "../state";
import { setBoot } from "../state/boot";
import { t } from "../strings";
import { Button } from "../ui";
import { step, typedName } from "./Auth";

/** Removed explains that this device isn't on its account's list: it was taken off, or the server was set back to a time before it was added, until another device tells of it again. */
export function Removed() {
  const [busy, setBusy] = useState(false);
  const clear = async () => {
    setBusy(true);
    typedName.value = boot.value?.name ?? "";
    const now = await attempt(core.signOut());
    setBusy(false);
    if (!now) return;
    step.value = "signIn";
    setBoot(now);
  };
  return (
    <div class="empty">
      <div class="sign">
        <Devices size={2.25} />
      </div>
      <h1>{t("auth.removed")}</h1>
      <p>{t("auth.removedText")}</p>
      <Button kind="primary" busy={busy} onClick={() => void clear()}>
        {t("auth.removedDo")}
      </Button>
    </div>
  );
}
