import { useEffect, useMemo, useState } from "preact/hooks";
import type { Reader, Readers, Room } from "../../lib/core";
import { Lock } from "../icons";
import { core, refresher } from "../state";
import { t } from "../strings";
import { Dialog, Note, Spinner } from "../ui";
import { ReaderRow } from "./ReaderRow";
import { SafetyNumber } from "./SafetyNumber";
import "./readers.css";

/** ReadersPanel is "Who can read this": everybody in the conversation, with their devices. */
export function ReadersPanel({ info, onMarked, onClose }: { info: Room; onMarked: () => void; onClose: () => void }) {
  const [readers, setReaders] = useState<Readers | null>(null);
  const [failed, setFailed] = useState(false);
  const [compared, setCompared] = useState("");
  const read = useMemo(
    () =>
      refresher(async () => {
        try {
          setReaders(await core.readers({ room: info.room }));
          setFailed(false);
        } catch {
          setFailed(true);
        }
      }),
    [info.room],
  );
  useEffect(() => {
    read();
    return core.on("room", (e) => e.room === info.room && read());
  }, [info.room]);
  const person = readers?.people.find((p) => p.account === compared);
  if (person) return <SafetyNumber reader={person} onMarked={() => (read(), onMarked())} onBack={() => setCompared("")} onClose={onClose} />;
  return (
    <Dialog title={t("readers.title")} onClose={onClose} class="readers">
      {failed && <p role="alert">{t("readers.failed")}</p>}
      {!readers && !failed && (
        <div class="readers-wait">
          <Spinner large />
          <span class="unseen">{t("readers.loading")}</span>
        </div>
      )}
      {readers && <List readers={readers} info={info} onCompare={setCompared} />}
    </Dialog>
  );
}

function List({ readers, info, onCompare }: { readers: Readers; info: Room; onCompare: (account: string) => void }) {
  const people = [...readers.people].sort(order);
  return (
    <>
      <div class="readers-sum">
        <span class="sign">
          <Lock size={1.5} />
        </span>
        <div>
          <p>{t("readers.all", { n: people.length })}</p>
          <p class="quiet">{readers.mode === "supervised" ? t("readers.supervised", { name: info.supervised || "Parley" }) : t("readers.nobody")}</p>
        </div>
      </div>
      {people.filter((p) => p.changed).map((p) => (
        <Note key={p.account} kind="warn">
          {t("readers.changed", { name: p.display })}
        </Note>
      ))}
      <ul class="readers-list">
        {people.map((p) => (
          <ReaderRow key={p.account} reader={p} onCompare={() => onCompare(p.account)} />
        ))}
      </ul>
      <details class="readers-details">
        <summary>{t("readers.details")}</summary>
        <p>{t("readers.detailsText", { n: readers.epoch, suite: readers.suite })}</p>
      </details>
    </>
  );
}

/** order puts those first whose number has changed, then others by name, the own account last. */
function order(a: Reader, b: Reader): number {
  if (a.changed !== b.changed) return a.changed ? -1 : 1;
  if (a.own !== b.own) return a.own ? 1 : -1;
  return a.display.localeCompare(b.display);
}
