import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Key } from "../icons";
import { boot, core } from "../state";
import { t } from "../strings";
import { Button, Note } from "../ui";
import { typedName } from "./Auth";
import { deviceName } from "./deviceName";
import { badName, enter, type Errors } from "./enter";
import { DeviceLine, NameField, PassphraseField } from "./Fields";
import { hasPasskeys, passkey } from "./passkey";

export interface SignInFormProps {
  /** Replace all devices of the account by this one. */
  reset?: boolean;
  /** What the button says. */
  deed: string;
  children?: ComponentChildren;
}

/** SignInForm asks for a name and its passphrase or passkey. */
export function SignInForm({ reset = false, deed, children }: SignInFormProps) {
  const [passphrase, setPassphrase] = useState("");
  const [device, setDevice] = useState(deviceName());
  const [errors, setErrors] = useState<Errors>({});
  const [busy, setBusy] = useState<"" | "passphrase" | "passkey">("");
  const name = typedName.value;

  const submit = async (way: "passphrase" | "passkey") => {
    const wrong: Errors = { name: badName(name) };
    setErrors(wrong);
    if (wrong.name) return;
    setBusy(way);
    const self = { name, device_name: device, reset };
    const refused = await enter(async () =>
      core.signIn(way === "passkey" ? { ...self, passkey: await passkey(name, "login") } : { ...self, passphrase }),
    );
    setErrors(refused);
    setBusy("");
  };
  return (
    <form
      class="auth-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void submit("passphrase");
      }}
    >
      <NameField autofocus={!reset} value={name} onText={(text) => (typedName.value = text)} error={errors.name} />
      <PassphraseField value={passphrase} onText={setPassphrase} error={errors.passphrase} />
      <DeviceLine value={device} onText={setDevice} />
      {errors.form && (
        <Note kind="danger" urgent>
          {errors.form}
        </Note>
      )}
      <Button kind={reset ? "danger" : "primary"} whole type="submit" busy={busy === "passphrase"} disabled={busy !== ""}>
        {deed}
      </Button>
      {hasPasskeys && boot.value?.server?.passkeys && (
        <>
          <div class="or">{t("auth.or")}</div>
          <Button whole icon={Key} busy={busy === "passkey"} disabled={busy !== ""} onClick={() => void submit("passkey")}>
            {t("auth.passkeyIn")}
          </Button>
        </>
      )}
      {children}
    </form>
  );
}
