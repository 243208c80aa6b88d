import { useEffect, useRef } from "preact/hooks";
import { Note } from "../app/ui";
import type { Case } from "../lib/desk";
import { mediaOf } from "./caseFacts";
import { DecisionCard } from "./DecisionCard";
import { Evidence } from "./Evidence";

/** CaseReports is what was decided, and the evidence; a report that comes while the case is open here is marked and gets the focus. */
export function CaseReports({ now, again }: { now: Case; again: () => void }) {
  const known = useRef(now.report_list.map((report) => report.id));
  const fresh = now.report_list.map((report) => report.id).filter((id) => !known.current.includes(id));
  useEffect(() => {
    if (fresh.length > 0) document.querySelector<HTMLElement>('[data-fresh="true"]')?.focus();
  }, [fresh.length]);
  return (
    <div class="column">
      {now.decisions.map((decision) => (
        <DecisionCard key={decision.id} decision={decision} onChange={again} seen={now.seen} media={mediaOf(now)} />
      ))}
      {now.emptied && <Note>What was reported was deleted, as it is with time. What was decided stays.</Note>}
      {now.report_list.map((report) => (
        <Evidence key={report.id} caseID={now.id} report={report} fresh={fresh.includes(report.id)} />
      ))}
    </div>
  );
}
