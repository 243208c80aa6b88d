import { useEffect, useState } from "preact/hooks";
import type { Notices, OperatorNotice, SentReport } from "../../lib/core";
import { t } from "../strings";
import { date, dateAndClock } from "../strings/dates";
import { Button, Skeleton } from "../ui";
import { AppealDialog } from "./AppealDialog";
import { headOf, nameOf, notices, seen } from "./notices";
import { Standing } from "./Standing";
import { StatementText } from "./StatementText";
import "./notices.css";

/** NoticesPage is what the operator has told this account, and what became of its reports. */
export function NoticesPage() {
  const all = notices.value;
  useEffect(() => {
    if (all) seen(all);
  }, [all]);
  if (!all) return <Skeleton />;
  const waiting = all.reports.filter((r) => r.state !== "sent");
  return (
    <>
      <Standing />
      {all.notices.length === 0 && waiting.length === 0 && <p class="quiet-text">{t("notices.none")}</p>}
      {waiting.length > 0 && (
        <ul class="card">
          {waiting.map((r) => (
            <Waiting key={r.id} r={r} all={all} />
          ))}
        </ul>
      )}
      {all.notices.map((n) => (
        <One key={n.n} n={n} all={all} />
      ))}
    </>
  );
}

function Waiting({ r, all }: { r: SentReport; all: Notices }) {
  const name = r.about ? nameOf(all, r.about) : "";
  return (
    <li class="notice-waiting">
      {t(r.kind === "appeal" ? "notices.appealTo" : "notices.reportAbout", { name })} {t(r.state === "refused" ? "notices.refused" : "notices.waits")}
    </li>
  );
}

function One({ n, all }: { n: OperatorNotice; all: Notices }) {
  const [appealing, setAppealing] = useState(false);
  const name = n.about ? nameOf(all, n.about) : t("notices.somebody");
  return (
    <>
      <article class="decision" aria-label={t(headOf(n), { name })}>
        <h3>{t(headOf(n), { name })}</h3>
        <p class="quiet-text">
          {dateAndClock(n.at_ms)}
          {n.until_ms ? ` · ${t("notices.until", { date: date(n.until_ms) })}` : ""}
        </p>
        {n.statement && <StatementText of={n.statement} />}
        {n.appealed ? (
          <p class="quiet-text">{t("notices.appealed")}</p>
        ) : (
          n.appealable && (
            <div>
              <Button onClick={() => setAppealing(true)}>{t("notices.appeal")}</Button>
            </div>
          )
        )}
      </article>
      {appealing && n.decision && <AppealDialog decision={n.decision} onClose={() => setAppealing(false)} />}
    </>
  );
}
