import { useState } from "preact/hooks";
import type { Reader } from "../../lib/core";
import { Copy, ShieldCheck } from "../icons";
import { core, worked } from "../state";
import { t } from "../strings";
import { Button, Dialog, IconButton, Note, toast } from "../ui";
import { QrCode } from "./QrCode";
import { groupsOf } from "./safetyDigits";

export interface SafetyNumberProps {
  reader: Reader;
  /** Called when what is known of the number has changed. */
  onMarked: () => void;
  onBack: () => void;
  onClose: () => void;
}

/** SafetyNumber is the number that two people compare, as digits and as a picture, and what they found. */
export function SafetyNumber({ reader, onMarked, onBack, onClose }: SafetyNumberProps) {
  const [busy, setBusy] = useState(false);
  const good = reader.verified && !reader.changed;
  const name = reader.display;
  const mark = async (verified: boolean) => {
    setBusy(true);
    if (await worked(core.verify({ account: reader.account, verified, number: reader.safety_number }))) onMarked();
    setBusy(false);
  };
  const copy = () => {
    navigator.clipboard.writeText(groupsOf(reader.safety_number).join(" ")).then(
      () => toast(t("conversation.copied")),
      () => toast(t("conversation.copyFailed")),
    );
  };
  const foot = good ? (
    <Button busy={busy} onClick={() => void mark(false)}>
      {t("readers.unverify")}
    </Button>
  ) : (
    <Button kind="primary" whole icon={ShieldCheck} busy={busy} onClick={() => void mark(true)}>
      {t("readers.same")}
    </Button>
  );
  return (
    <Dialog title={t("readers.numberTitle", { name })} onClose={onClose} onBack={onBack} foot={foot} class="readers">
      <div class="number">
        {good && <Note kind="good">{t("readers.verified", { name })}</Note>}
        {reader.changed && <Note kind="warn">{t("readers.changed", { name })}</Note>}
        <p class="quiet">{t("readers.numberText", { name })}</p>
        {reader.qr !== "" && <QrCode rows={reader.qr} label={t("readers.qr")} />}
        <div class="digits-row">
          <ol class="digits" dir="ltr" aria-label={t("readers.number")}>
            {groupsOf(reader.safety_number).map((group, i) => (
              <li key={i}>{group}</li>
            ))}
          </ol>
          <IconButton small label={t("readers.copy")} icon={Copy} onClick={copy} />
        </div>
      </div>
    </Dialog>
  );
}
