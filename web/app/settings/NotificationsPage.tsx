import { useState } from "preact/hooks";
import { change, settings } from "../state";
import { t } from "../strings";
import { Note, Switch } from "../ui";
import { askToNotify, canNotify, canPush, startPush, stopPush } from "./push";

/** NotificationsPage turns notifications on and off on this device; the browser's question comes only from its switch. */
export function NotificationsPage() {
  const { notify, previews } = settings.value;
  const [denied, setDenied] = useState(canNotify && Notification.permission === "denied");
  const [busy, setBusy] = useState(false);
  const toggle = async (on: boolean) => {
    setBusy(true);
    try {
      const allowed = !on || (await askToNotify());
      setDenied(canNotify && Notification.permission === "denied");
      if (allowed) await change({ notify: on });
      if (allowed) await (on ? startPush() : stopPush());
    } catch {
      // The browser's push service refused: notifications come while the page is open.
    }
    setBusy(false);
  };
  if (!canNotify) return <Note>{t("notify.unsupported")}</Note>;
  const on = notify && Notification.permission === "granted";
  return (
    <section>
      <div class="card">
        <Switch label={t("notify.on")} hint={t("notify.onHint")} on={on} disabled={busy || denied} onChange={(wish) => void toggle(wish)} />
        <Switch
          label={t("notify.previews")}
          hint={t("notify.previewsHint")}
          on={previews}
          disabled={!on}
          onChange={(wish) => void change({ previews: wish })}
        />
      </div>
      {denied ? (
        <Note kind="warn">{t("notify.denied")}</Note>
      ) : (
        on && <p class="quiet-text">{t(canPush() ? "notify.away" : "notify.open")}</p>
      )}
    </section>
  );
}
