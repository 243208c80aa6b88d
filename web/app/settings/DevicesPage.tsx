import { useEffect, useState } from "preact/hooks";
import type { OwnDevice, WaitingDevice } from "../../lib/core";
import { Devices, Phone, Trash } from "../icons";
import { core, watched, worked } from "../state";
import { t } from "../strings";
import { dayOnly } from "../strings/dates";
import { Button, Confirm, IconButton, Note, Skeleton, toast } from "../ui";
import { devices, refreshDevices } from "./own";

/** DevicesPage is the own devices, those that wait to be added, and a reset that can be stopped. */
export function DevicesPage() {
  const now = devices.value;
  const [going, setGoing] = useState<OwnDevice | null>(null);
  const [busy, setBusy] = useState(false);
  useWaiting();
  if (!now) return <Skeleton />;
  const remove = async (device: string) => {
    setBusy(true);
    if (await worked(core.removeDevice({ device }))) {
      toast(t("devices.removed"));
      refreshDevices();
    }
    setBusy(false);
    setGoing(null);
  };
  return (
    <>
      {now.reset && <ResetNote />}
      {now.waiting.map((one) => (
        <WaitingCard key={one.code} one={one} />
      ))}
      <section>
        <p class="quiet-text">{t("devices.about")}</p>
        <ul class="card">
          {now.devices.map((one) => (
            <DeviceRow key={one.device} one={one} onRemove={() => setGoing(one)} />
          ))}
        </ul>
      </section>
      {now.waiting.length === 0 && (
        <section>
          <h3>{t("devices.add")}</h3>
          <p class="quiet-text">{t("devices.none")}</p>
        </section>
      )}
      {going && (
        <Confirm
          title={t("devices.removeTitle", { name: going.name || t("devices.unnamed") })}
          text={t("devices.removeText")}
          yes={t("remove")}
          danger
          busy={busy}
          onYes={() => void remove(going.device)}
          onClose={() => setGoing(null)}
        />
      )}
    </>
  );
}

// The server tells nobody that a device waits: while somebody looks at this page it asks.
const often = 3000;

function useWaiting() {
  const looks = watched.value;
  useEffect(() => {
    if (!looks) return;
    refreshDevices();
    const timer = setInterval(refreshDevices, often);
    return () => clearInterval(timer);
  }, [looks]);
}

function DeviceRow({ one, onRemove }: { one: OwnDevice; onRemove: () => void }) {
  const name = one.name || t("devices.unnamed");
  const Picture = /phone|android|pixel/i.test(one.name) ? Phone : Devices;
  const facts = [
    one.added_ms > 0 && t("devices.added", { date: dayOnly(one.added_ms) }),
    one.last_seen_ms > 0 && !one.this && t("devices.seen", { date: dayOnly(one.last_seen_ms) }),
  ];
  return (
    <li class="card-row">
      <span class="device-sign">
        <Picture />
      </span>
      <span class="folder-words">
        <span class="first-line">
          <bdi>{name}</bdi>
          {one.this && <span class="badge">{t("devices.this")}</span>}
        </span>
        <span>{facts.filter(Boolean).join(" · ")}</span>
      </span>
      {!one.this && <IconButton label={t("devices.remove", { name })} icon={Trash} onClick={onRemove} />}
    </li>
  );
}

function WaitingCard({ one }: { one: WaitingDevice }) {
  const [busy, setBusy] = useState(false);
  const [differs, setDiffers] = useState(false);
  const approve = async () => {
    setBusy(true);
    if (await worked(core.approveDevice({ code: one.code }))) {
      toast(t("devices.approved"));
      refreshDevices();
    }
    setBusy(false);
  };
  return (
    <section class="waiting-card">
      <h3>{t("devices.waiting")}</h3>
      <p>
        <bdi>
          <b>{one.name || t("devices.unnamed")}</b>
        </bdi>
      </p>
      <p>{t("devices.waitingText")}</p>
      <p class="code" dir="ltr">
        <span class="unseen">{t("devices.code")}: </span>
        {one.code}
      </p>
      {differs ? (
        <Note kind="warn">{t("devices.otherText")}</Note>
      ) : (
        <div class="card-deeds">
          <Button kind="primary" busy={busy} onClick={() => void approve()}>
            {t("devices.same")}: {t("devices.approve")}
          </Button>
          <Button kind="quiet" disabled={busy} onClick={() => setDiffers(true)}>
            {t("devices.other")}
          </Button>
        </div>
      )}
    </section>
  );
}

function ResetNote() {
  const [busy, setBusy] = useState(false);
  const stop = async () => {
    setBusy(true);
    if (await worked(core.cancelReset())) {
      toast(t("devices.resetStopped"));
      refreshDevices();
    }
    setBusy(false);
  };
  return (
    <section>
      <Note kind="danger">
        <b>{t("devices.reset")}</b>
        <br />
        {t("devices.resetText")}
      </Note>
      <div>
        <Button kind="danger" busy={busy} onClick={() => void stop()}>
          {t("devices.resetStop")}
        </Button>
      </div>
    </section>
  );
}
