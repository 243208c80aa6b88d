import { useState } from "preact/hooks";
import type { Profile } from "../../lib/core";
import { account, boot, core, worked } from "../state";
import { t } from "../strings";
import { Button, Skeleton, TextField, toast } from "../ui";
import { profile, refreshProfile } from "./own";
import { PictureInput } from "./PictureInput";

/** ProfilePage is the own name and picture. */
export function ProfilePage() {
  const now = profile.value;
  return now ? <Form key={`${now.display} ${now.picture?.length}`} now={now} /> : <Skeleton />;
}

function Form({ now }: { now: Profile }) {
  const [display, setDisplay] = useState(now.display);
  const [picture, setPicture] = useState(now.picture ?? "");
  const [busy, setBusy] = useState(false);
  const long = new TextEncoder().encode(display.trim()).length > 64;
  const same = display.trim() === now.display && picture === (now.picture ?? "");
  const save = async (event: Event) => {
    event.preventDefault();
    if (long || same) return;
    setBusy(true);
    if (await worked(core.setProfile({ display: display.trim(), picture: picture || undefined }))) {
      toast(t("settings.saved"));
      refreshProfile();
    }
    setBusy(false);
  };
  const name = boot.value?.name ?? "";
  return (
    <form class="auth-form" onSubmit={(event) => void save(event)}>
      <PictureInput id={account.value} name={display || name} picture={picture} onPicture={setPicture} />
      <TextField
        label={t("profile.display")}
        hint={t("profile.displayHint")}
        value={display}
        onText={setDisplay}
        placeholder={name}
        error={long ? t("profile.long") : undefined}
        autocomplete="name"
        autocapitalize="words"
        dir="auto"
      />
      <p class="quiet-text">
        {t("profile.account")} <b dir="ltr">@{name}</b>
      </p>
      <div class="form-foot">
        <Button kind="primary" type="submit" busy={busy} disabled={same || long}>
          {t("save")}
        </Button>
      </div>
    </form>
  );
}
