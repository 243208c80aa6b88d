import { useState } from "preact/hooks";
import { Key } from "../icons";
import { boot, core } from "../state";
import { t } from "../strings";
import { Button, Note, TextField } from "../ui";
import { step, typedName } from "./Auth";
import { deviceName } from "./deviceName";
import { badName, enter, type Errors } from "./enter";
import { DeviceLine, NameField, PassphraseField } from "./Fields";
import { Head } from "./Head";
import { hasPasskeys, passkey } from "./passkey";
import { least } from "./strength";

/** SignUp makes an account, with a passphrase or a passkey. */
export function SignUp() {
  const [display, setDisplay] = useState("");
  const [passphrase, setPassphrase] = useState("");
  const [device, setDevice] = useState(deviceName());
  const [errors, setErrors] = useState<Errors>({});
  const [busy, setBusy] = useState<"" | "passphrase" | "passkey">("");
  const name = typedName.value;

  const submit = async (way: "passphrase" | "passkey") => {
    const wrong: Errors = { name: badName(name) };
    if (way === "passphrase" && passphrase.length < least) wrong.passphrase = t("auth.passphraseShort");
    setErrors(wrong);
    if (wrong.name || wrong.passphrase) return;
    setBusy(way);
    const self = { name, display: display.trim(), device_name: device };
    const refused = await enter(async () => {
      const boot = await core.signUp(way === "passkey" ? { ...self, passkey: await passkey(name, "sign_up") } : { ...self, passphrase });
      if (self.display) await core.setProfile({ display: self.display }).catch(() => undefined); // the settings have it too
      return boot;
    });
    setErrors(refused);
    setBusy("");
  };
  return (
    <>
      <Head title={t("auth.signUp")} onBack={() => (step.value = "welcome")} />
      <form
        class="auth-form"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void submit("passphrase");
        }}
      >
        <NameField fresh value={name} onText={(text) => (typedName.value = text)} error={errors.name} />
        <TextField
          label={t("auth.display")}
          hint={t("auth.displayHint")}
          value={display}
          onText={setDisplay}
          autocomplete="name"
          autocapitalize="words"
        />
        <PassphraseField fresh value={passphrase} onText={setPassphrase} error={errors.passphrase} />
        <DeviceLine value={device} onText={setDevice} />
        {errors.form && (
          <Note kind="danger" urgent>
            {errors.form}
          </Note>
        )}
        <Button kind="primary" whole type="submit" busy={busy === "passphrase"} disabled={busy !== ""}>
          {t("auth.create")}
        </Button>
        {hasPasskeys && boot.value?.server?.passkeys && (
          <>
            <div class="or">{t("auth.or")}</div>
            <Button whole icon={Key} busy={busy === "passkey"} disabled={busy !== ""} onClick={() => void submit("passkey")}>
              {t("auth.passkey")}
            </Button>
          </>
        )}
        <p class="swap">
          {t("auth.have")}{" "}
          <button type="button" class="link" onClick={() => (step.value = "signIn")}>
            {t("auth.signIn")}
          </button>
        </p>
      </form>
    </>
  );
}
