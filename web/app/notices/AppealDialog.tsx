import { useId, useState } from "preact/hooks";
import { handed } from "../report/handed";
import { desk } from "../report/report";
import { core } from "../state";
import { t } from "../strings";
import { Button, Dialog } from "../ui";
import { refreshNotices } from "./notices";

/** AppealDialog asks why a decision should be looked at again. */
export function AppealDialog({ decision, onClose }: { decision: string; onClose: () => void }) {
  const id = useId();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const send = async () => {
    setBusy(true);
    const done = await handed(core.appeal({ decision, text: text.trim() }), t("notices.appealSent"));
    setBusy(false);
    if (!done) return;
    refreshNotices();
    onClose();
  };
  const foot = (
    <Button kind="primary" whole busy={busy} disabled={text.trim() === ""} onClick={() => void send()}>
      {t("notices.appealSend")}
    </Button>
  );
  return (
    <Dialog title={t("notices.appealTitle")} onClose={onClose} foot={foot}>
      <p class="options-text">{t("notices.appealText")}</p>
      <div class="field">
        <label for={id}>{t("notices.appealLabel")}</label>
        <textarea id={id} class="report-note" rows={5} dir="auto" maxLength={Math.floor((desk.value?.note ?? 2000) / 4)} value={text} onInput={(e) => setText(e.currentTarget.value)} />
      </div>
    </Dialog>
  );
}
