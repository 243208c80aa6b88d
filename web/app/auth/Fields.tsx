import { useState } from "preact/hooks";
import { Eye, EyeOff } from "../icons";
import { t, type Key } from "../strings";
import { IconButton, TextField } from "../ui";
import { deviceName } from "./deviceName";
import { strength } from "./strength";

interface FieldProps {
  value: string;
  onText: (text: string) => void;
  error?: string;
}

/** NameField is the name of an account. */
export function NameField({ value, onText, error, fresh, autofocus = true }: FieldProps & { fresh?: boolean; autofocus?: boolean }) {
  return (
    <TextField
      label={t("auth.name")}
      value={value}
      onText={(text) => onText(text.trim().replace(/^@/, "").toLowerCase())}
      error={error}
      hint={fresh ? t("auth.nameHint") : undefined}
      name="username"
      autocomplete="username"
      autocapitalize="none"
      spellcheck={false}
      autofocus={autofocus}
      dir="ltr"
    />
  );
}

/** PassphraseField is a passphrase that can be shown; a fresh one is explained and measured. */
export function PassphraseField({ value, onText, error, fresh }: FieldProps & { fresh?: boolean }) {
  const [shown, show] = useState(false);
  return (
    <div class="field">
      <TextField
        label={t("auth.passphrase")}
        value={value}
        onText={onText}
        error={error}
        hint={fresh ? t("auth.passphraseHint") : undefined}
        type={shown ? "text" : "password"}
        name="password"
        autocomplete={fresh ? "new-password" : "current-password"}
        autocapitalize="none"
        spellcheck={false}
        beside={
          <IconButton
            small
            label={t(shown ? "auth.passphraseHide" : "auth.passphraseShow")}
            icon={shown ? EyeOff : Eye}
            onClick={() => show(!shown)}
          />
        }
      />
      {fresh && value && <Meter text={value} />}
    </div>
  );
}

function Meter({ text }: { text: string }) {
  const now = strength(text);
  return (
    <p class={`meter ${now}`} role="status">
      <i />
      <i />
      <i />
      <span>{t(`auth.strength.${now}` satisfies Key)}</span>
    </p>
  );
}

/** DeviceLine says what this device will be called; it can be changed. */
export function DeviceLine({ value, onText }: FieldProps) {
  const [open, setOpen] = useState(false);
  if (open) {
    return (
      <TextField
        label={t("auth.deviceName")}
        hint={t("auth.deviceNameHint")}
        value={value}
        onText={onText}
        autocomplete="off"
        autofocus
        onBlur={() => value.trim() === "" && onText(deviceName())}
      />
    );
  }
  return (
    <p class="device-line">
      {t("auth.device", { name: value })}{" "}
      <button type="button" class="link" onClick={() => setOpen(true)}>
        {t("auth.deviceChange")}
      </button>
    </p>
  );
}
