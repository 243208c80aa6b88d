import { useState } from "preact/hooks";
import { hasPasskeys } from "../auth/passkey";
import { SignOut } from "../icons";
import { attempt, boot, core } from "../state";
import { setBoot } from "../state/boot";
import { forgetSnapshot } from "../state/snapshot";
import { t } from "../strings";
import { Button, Confirm, Note } from "../ui";
import { devices } from "./own";
import { OwnData } from "./OwnData";
import { Passkeys } from "./Passkeys";
import { stopPush } from "./push";

/** AccountPage has the passkeys of the account, and signs this device out. */
export function AccountPage() {
  return (
    <>
      {hasPasskeys && boot.value?.server?.passkeys && <Passkeys />}
      <OwnData />
      <Leave />
    </>
  );
}

function Leave() {
  const [asking, ask] = useState(false);
  const [busy, setBusy] = useState(false);
  const last = devices.value?.devices.length === 1;
  const leave = async () => {
    setBusy(true);
    await stopPush().catch(() => undefined);
    const now = await attempt(core.signOut());
    if (now) await forgetSnapshot(); // before the page says that all is erased
    setBusy(false);
    ask(false);
    if (now) setBoot(now);
  };
  return (
    <section>
      <h3>{t("account.leave")}</h3>
      <p class="quiet-text">{t("account.signOutText")}</p>
      {last && <Note kind="warn">{t("account.last")}</Note>}
      <div>
        <Button kind="danger-quiet" icon={SignOut} onClick={() => ask(true)}>
          {t("account.signOut")}
        </Button>
      </div>
      {asking && (
        <Confirm
          title={t("account.signOutTitle")}
          text={last ? t("account.last") : t("account.signOutText")}
          yes={t("account.signOutDo")}
          danger
          busy={busy}
          onYes={() => void leave()}
          onClose={() => ask(false)}
        />
      )}
    </section>
  );
}
