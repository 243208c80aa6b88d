import { useEffect, useRef, useState } from "preact/hooks";
import type { Storage } from "../../lib/core";
import { core } from "../state";
import { t } from "../strings";
import { bytes } from "../strings/dates";
import { Button, Note, Skeleton, toast } from "../ui";

/** StoragePage says what is kept on this device, and whether the browser may clear it. */
export function StoragePage() {
  const [now, setNow] = useState<Storage | null>(null);
  const load = () => void core.storage().then(setNow, () => undefined);
  useEffect(load, []);
  if (!now) return <Skeleton />;
  const keep = async () => {
    const agreed = await navigator.storage?.persist?.().catch(() => false);
    if (!agreed) toast(t("storage.keepNo"));
    load();
  };
  return (
    <section>
      <p class="big">{t("storage.used", { used: bytes(now.used) })}</p>
      {now.quota > 0 && <Bar part={now.used / now.quota} />}
      <p class="quiet-text">
        {t("storage.messages", { n: now.messages })}
        {now.quota > 0 && <>. {t("storage.quota", { quota: bytes(now.quota) })}</>}
      </p>
      <Note kind={now.persistent ? "good" : "warn"}>{t(now.persistent ? "storage.persistent" : "storage.notPersistent")}</Note>
      {!now.persistent && (
        <div>
          <Button onClick={() => void keep()}>{t("storage.keep")}</Button>
        </div>
      )}
    </section>
  );
}

function Bar({ part }: { part: number }) {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    if (ref.current) ref.current.style.inlineSize = `${Math.min(100, part * 100)}%`;
  }, [part]);
  return (
    <div class="bar" aria-hidden="true">
      <i ref={ref} />
    </div>
  );
}
