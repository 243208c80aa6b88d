import { useState } from "preact/hooks";
import { attempt, boot, core } from "../state";
import { setBoot } from "../state/boot";
import { t } from "../strings";
import { Button, Spinner } from "../ui";
import { step, typedName, type Step } from "./Auth";
import { Head } from "./Head";

/** Waiting shows the code that another device of the account compares, until it has approved this one. */
export function Waiting() {
  const [busy, setBusy] = useState(false);
  const leave = async (next: Step) => {
    setBusy(true);
    typedName.value = boot.value?.name ?? "";
    const now = await attempt(core.signOut());
    setBusy(false);
    if (!now) return;
    step.value = next;
    setBoot(now);
  };
  return (
    <>
      <Head title={t("auth.waiting")} focus />
      <p>{t("auth.waitingText")}</p>
      <ol class="steps">
        <li>{t("auth.waitingStep1")}</li>
        <li>{t("auth.waitingStep2")}</li>
        <li>{t("auth.waitingStep3")}</li>
      </ol>
      <p class="code" dir="ltr">
        <span class="unseen">{t("auth.code")}: </span>
        {boot.value?.code}
      </p>
      <p class="now" role="status">
        <Spinner /> {t("auth.waitingNow")}
      </p>
      <div class="auth-ways">
        <Button kind="quiet" small disabled={busy} onClick={() => void leave("reset")}>
          {t("auth.lost")}
        </Button>
        <Button kind="quiet" small disabled={busy} onClick={() => void leave("welcome")}>
          {t("auth.cancel")}
        </Button>
      </div>
    </>
  );
}
