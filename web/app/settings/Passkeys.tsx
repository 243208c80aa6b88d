import { useEffect, useMemo, useState } from "preact/hooks";
import { passkey, PasskeyRefused } from "../auth/passkey";
import { Key, Trash } from "../icons";
import type { KeptPasskey, Passkeys as All } from "../../lib/core";
import { boot, core, explain, refresher, worked } from "../state";
import { t } from "../strings";
import { dayOnly } from "../strings/dates";
import { Button, Confirm, IconButton, Skeleton, toast } from "../ui";

/** Passkeys are those of the account, to add and to remove; nothing is listed while the server isn't reached. */
export function Passkeys() {
  const [all, setAll] = useState<All | null | "unknown">(null);
  const [going, setGoing] = useState<KeptPasskey | null>(null);
  const load = useMemo(
    () =>
      refresher(async () => {
        try {
          setAll(await core.passkeys());
        } catch (refused) {
          setAll((now) => now ?? "unknown");
          throw refused; // it is asked again
        }
      }),
    [],
  );
  useEffect(load, []);
  return (
    <section>
      <h3>{t("account.passkeys")}</h3>
      <p class="quiet-text">{t("account.passkeyHint")}</p>
      {/* Above what is still to come, so that it doesn't move away from who presses it. */}
      <Add onAdded={load} />
      {all === null && <Skeleton />}
      {all !== null && all !== "unknown" && all.passkeys.length > 0 && <List all={all} onRemove={setGoing} />}
      {going && <RemoveQuestion one={going} onDone={load} onClose={() => setGoing(null)} />}
    </section>
  );
}

/** nameOf is what a passkey is called. */
function nameOf(one: KeptPasskey): string {
  return one.name || t("account.passkeyUnnamed");
}

function List({ all, onRemove }: { all: All; onRemove: (one: KeptPasskey) => void }) {
  const only = all.passkeys.length === 1 && !all.passphrase;
  return (
    <>
      <ul class="card">
        {all.passkeys.map((one) => (
          <li key={one.id} class="card-row">
            <span class="device-sign">
              <Key />
            </span>
            <span class="folder-words">
              <bdi>{nameOf(one)}</bdi>
              <span>{factsOf(one)}</span>
            </span>
            {!only && <IconButton label={t("devices.remove", { name: nameOf(one) })} icon={Trash} onClick={() => onRemove(one)} />}
          </li>
        ))}
      </ul>
      {only && <p class="quiet-text">{t("account.passkeyOnly")}</p>}
    </>
  );
}

function factsOf(one: KeptPasskey): string {
  const facts = [
    t("devices.added", { date: dayOnly(one.made_ms) }),
    one.used_ms > 0 && t("devices.seen", { date: dayOnly(one.used_ms) }),
    one.synced && t("account.passkeySynced"),
  ];
  return facts.filter(Boolean).join(" · ");
}

function Add({ onAdded }: { onAdded: () => void }) {
  const [busy, setBusy] = useState(false);
  const add = async () => {
    setBusy(true);
    try {
      await core.addPasskey({ passkey: await passkey(boot.value?.name ?? "", "add") });
      toast(t("account.passkeyAdded"));
      onAdded();
    } catch (error) {
      toast(error instanceof PasskeyRefused ? t("auth.passkeyFailed") : explain(error));
    }
    setBusy(false);
  };
  return (
    <div>
      <Button icon={Key} busy={busy} onClick={() => void add()}>
        {t("account.passkeyAdd")}
      </Button>
    </div>
  );
}

function RemoveQuestion({ one, onDone, onClose }: { one: KeptPasskey; onDone: () => void; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const yes = async () => {
    setBusy(true);
    if (await worked(core.removePasskey({ id: one.id }))) {
      toast(t("account.passkeyRemoved"));
      onDone();
    }
    setBusy(false);
    onClose();
  };
  return (
    <Confirm
      title={t("devices.removeTitle", { name: nameOf(one) })}
      text={t("account.passkeyRemoveText")}
      yes={t("remove")}
      danger
      busy={busy}
      onYes={() => void yes()}
      onClose={onClose}
    />
  );
}
