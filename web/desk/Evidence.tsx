import type { Item, ItemSide, Report, Step } from "../lib/desk";
import { Alert, Check } from "../app/icons";
import { Note } from "../app/ui";
import { MediaView } from "./MediaView";
import { AccountName, Badge, VerdictBadge, When } from "./parts";
import { categories, count, itemKinds, stepOf } from "./words";
import { Quoted } from "./Quoted";

interface EvidenceProps {
  caseID: string;
  report: Report;
  /** It came while the case was open on this page. */
  fresh: boolean;
}

/** Evidence is one person's report: what they wrote, and message by message what it shows and whether that is proven. */
export function Evidence({ caseID, report, fresh }: EvidenceProps) {
  return (
    <section class="card evidence" aria-label={`Report ${report.id}`} data-fresh={fresh} tabIndex={-1}>
      <div class="card-head">
        <h2>
          Report by <AccountName account={report.reporter.account} />
        </h2>
        {fresh && <Badge kind="accent">New since you opened the case</Badge>}
        <VerdictBadge verdict={report.verdict} whole />
      </div>
      <p class="dim">
        {categories[report.category]} · {count(report.items.length, "message")} · came <When ms={report.received_ms} />
      </p>
      {report.note && (
        <blockquote>
          <Quoted text={report.note} from="The reporter’s note" />
        </blockquote>
      )}
      {report.problem && <Note kind="danger">{report.problem}</Note>}
      {(report.gaps ?? []).length > 0 && (
        <Note kind="warn">
          Not everything is shown: {report.gaps!.join("; ")}. The reporter chose what to show.
        </Note>
      )}
      <ol class="items">
        {report.items.map((item) => (
          <ItemView key={item.n} item={item} caseID={caseID} />
        ))}
      </ol>
    </section>
  );
}

const sides: Record<ItemSide, string> = { reported: "reported", reporter: "reporter", other: "somebody else" };

function ItemView({ item, caseID }: { item: Item; caseID: string }) {
  return (
    <li class={`item ${item.by} ${item.verdict}`}>
      {item.before && <p class="gap">{item.before}</p>}
      <div class="item-head">
        <AccountName account={item.sender} />
        <Badge kind={item.by === "reported" ? "accent" : ""}>{sides[item.by]}</Badge>
        {item.verdict === "unverified" && <Badge kind="warn">It isn’t proven that this was sent</Badge>}
        {item.kind !== "text" && <Badge>{itemKinds[item.kind]}</Badge>}
        <span class="dim">
          <When ms={item.accepted_ms} /> · no. {item.seq}
        </span>
      </div>
      {item.text && <Quoted text={item.text} class="said" />}
      {item.attachments.map((media) => (
        <MediaView key={media.n} media={media} caseID={caseID} />
      ))}
      <Steps item={item} />
    </li>
  );
}

/** Steps shows how a message was verified, step by step: open by itself where one failed. */
function Steps({ item }: { item: Item }) {
  const good = item.steps.filter((step) => step.ok).length;
  return (
    <details class="steps" open={item.verdict === "unverified"}>
      <summary data-row>
        <VerdictBadge verdict={item.verdict} whole />
        <span class="dim">
          {good} of {item.steps.length} steps
        </span>
      </summary>
      <ol>
        {item.steps.map((step) => (
          <StepLine key={step.name} step={step} />
        ))}
      </ol>
      <p class="dim mono">
        device <bdi>{item.device}</bdi>
      </p>
    </details>
  );
}

function StepLine({ step }: { step: Step }) {
  const result = step.skipped ? "not looked at" : step.ok ? "ok" : "failed";
  return (
    <li class={step.skipped ? "skipped" : step.ok ? "ok" : "failed"}>
      {step.skipped ? <span class="dash" aria-hidden="true" /> : step.ok ? <Check size={1} /> : <Alert size={1} />}
      <span>
        {stepOf(step.name)} <span class="unseen">: {result}</span>
        {step.why && <span class="dim"> — {step.why}</span>}
      </span>
    </li>
  );
}
