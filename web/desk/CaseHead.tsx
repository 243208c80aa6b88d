import { Button } from "../app/ui";
import type { Case } from "../lib/desk";
import { may } from "./api";
import { standingOf } from "./caseFacts";
import { AccountName, Badge, Head, VerdictBadge, When } from "./parts";
import { categories, count, states, whyOf } from "./words";

interface CaseHeadProps {
  now: Case;
  busy: boolean;
  onToggle: () => void;
  onExport: () => void;
}

/** CaseHead says what a case is about, how far it is, and whose it is. */
export function CaseHead({ now, busy, onToggle, onExport }: CaseHeadProps) {
  const { mine, canClaim } = standingOf(now);
  const title = (
    <>
      {categories[now.category]} · <AccountName account={now.reported} plain />
    </>
  );
  const text = (
    <>
      {states[now.state]} · {count(now.reports, "report")} · opened <When ms={now.opened_ms} /> · priority {now.priority.toLocaleString("en")} ({whyOf(now.why)})
    </>
  );
  return (
    <Head title={title} text={text}>
      <VerdictBadge verdict={now.verdict} whole />
      {now.claimer && <Badge kind="accent">{mine ? "Yours" : <bdi>{now.claimer}</bdi>}</Badge>}
      {canClaim && (
        <Button small busy={busy} onClick={onToggle}>
          {mine ? "Give back" : "Take the case"}
        </Button>
      )}
      {may("export") && (
        <Button small onClick={onExport}>
          Export
        </Button>
      )}
    </Head>
  );
}
