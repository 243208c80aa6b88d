import { useState } from "preact/hooks";
import { hasPasskeys, passkey, PasskeyRefused } from "../auth/passkey";
import { Key, SignOut } from "../icons";
import { attempt, boot, core, explain } from "../state";
import { setBoot } from "../state/boot";
import { forgetSnapshot } from "../state/snapshot";
import { t } from "../strings";
import { Button, Confirm, Note, toast } from "../ui";
import { devices } from "./own";
import { stopPush } from "./push";

/** AccountPage adds a passkey, and signs this device out. */
export function AccountPage() {
  return (
    <>
      {hasPasskeys && boot.value?.server?.passkeys && <AddPasskey />}
      <Leave />
    </>
  );
}

function AddPasskey() {
  const [busy, setBusy] = useState(false);
  const add = async () => {
    setBusy(true);
    try {
      await core.addPasskey({ passkey: await passkey(boot.value?.name ?? "", "add") });
      toast(t("account.passkeyAdded"));
    } catch (error) {
      toast(error instanceof PasskeyRefused ? t("auth.passkeyFailed") : explain(error));
    }
    setBusy(false);
  };
  return (
    <section>
      <p class="quiet-text">{t("account.passkeyHint")}</p>
      <div>
        <Button icon={Key} busy={busy} onClick={() => void add()}>
          {t("account.passkeyAdd")}
        </Button>
      </div>
    </section>
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
    if (now) await forgetSnapshot();
    setBusy(false);
    ask(false);
    if (!now) return;
    history.replaceState(null, "", "#/");
    setBoot(now);
  };
  return (
    <section>
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
