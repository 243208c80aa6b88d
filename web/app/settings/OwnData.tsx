import { useState } from "preact/hooks";
import { PassphraseField } from "../auth/Fields";
import { hasPasskeys, passkey, PasskeyRefused } from "../auth/passkey";
import { Key, Trash } from "../icons";
import { Download } from "../media/icons";
import { give } from "../media/save";
import { attempt, boot, codeOf, core, explain } from "../state";
import { setBoot } from "../state/boot";
import { forgetSnapshot } from "../state/snapshot";
import { t } from "../strings";
import { Button, Dialog, Note, toast } from "../ui";
import { stopPush } from "./push";

/** OwnData gives somebody what the service holds on them, and erases it. */
export function OwnData() {
  const [erasing, erase] = useState(false);
  const [busy, setBusy] = useState(false);
  const save = async () => {
    setBusy(true);
    const held = await attempt(core.exportAccount());
    setBusy(false);
    if (held) give(new Blob([held.lines]), { name: `${boot.value?.name ?? "account"}.jsonl`, type: "application/octet-stream" });
  };
  return (
    <section>
      <h3>{t("account.data")}</h3>
      <p class="quiet-text">{t("account.exportHint")}</p>
      <div>
        <Button icon={Download} busy={busy} onClick={() => void save()}>
          {t("account.export")}
        </Button>
      </div>
      <p class="quiet-text">{t("account.eraseHint")}</p>
      <div>
        <Button kind="danger-quiet" icon={Trash} onClick={() => erase(true)}>
          {t("account.erase")}
        </Button>
      </div>
      {erasing && <EraseDialog onClose={() => erase(false)} />}
    </section>
  );
}

/** EraseDialog says what goes, and asks for the passphrase, or a passkey. */
function EraseDialog({ onClose }: { onClose: () => void }) {
  const [passphrase, setPassphrase] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState<"" | "passphrase" | "passkey">("");
  const erase = async (way: "passphrase" | "passkey") => {
    setBusy(way);
    setProblem("");
    try {
      const proof = way === "passkey" ? { passkey: await passkey(boot.value?.name ?? "", "login") } : { passphrase };
      const now = await core.eraseAccount(proof);
      await stopPush().catch(() => undefined);
      await forgetSnapshot();
      toast(t("account.erased"));
      setBoot(now);
    } catch (error) {
      setProblem(whyNot(error));
      setBusy("");
    }
  };
  const foot = (
    <>
      {hasPasskeys && boot.value?.server?.passkeys && (
        <Button icon={Key} busy={busy === "passkey"} disabled={busy !== ""} onClick={() => void erase("passkey")}>
          {t("account.erasePasskey")}
        </Button>
      )}
      <Button kind="danger" busy={busy === "passphrase"} disabled={busy !== "" || passphrase === ""} onClick={() => void erase("passphrase")}>
        {t("account.eraseDo")}
      </Button>
    </>
  );
  return (
    <Dialog title={t("account.eraseTitle")} onClose={onClose} foot={foot}>
      <p>{t("account.eraseWhat")}</p>
      <ul class="plain-list">
        {(["eraseName", "eraseGroups", "eraseWaiting", "eraseHere"] as const).map((what) => (
          <li key={what}>{t(`account.${what}`)}</li>
        ))}
      </ul>
      <p class="quiet-text erase-stays">{t("account.eraseStays")}</p>
      <PassphraseField value={passphrase} onText={setPassphrase} />
      {problem && (
        <Note kind="danger" urgent>
          {problem}
        </Note>
      )}
    </Dialog>
  );
}

function whyNot(error: unknown): string {
  if (error instanceof PasskeyRefused) return t("auth.passkeyFailed");
  return codeOf(error) === "wrong_passphrase" ? t("auth.passphraseWrong") : explain(error);
}
