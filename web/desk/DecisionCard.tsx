import { Clock } from "../app/icons";
import type { Decision, Media, Statement } from "../lib/desk";
import { call } from "./api";
import { visible } from "./hidden";
import { Badge, When } from "./parts";
import { Quoted } from "./Quoted";
import { to } from "./route";
import { SecondPerson } from "./SecondPerson";
import { decisionStates, kindHints, kindsDone, nameOf, plain } from "./words";

interface DecisionCardProps {
  decision: Decision;
  /** Beside the case's evidence, where the second person can agree; not given elsewhere. */
  onChange?: () => void;
  /** What of the case is seen there. */
  seen?: string;
  /** The case's attachments, where they are known. */
  media?: Media[];
}

/** DecisionCard is what was decided, or is proposed and waits for its second person, who agrees where the evidence is. */
export function DecisionCard({ decision, onChange, seen = "", media = [] }: DecisionCardProps) {
  const kind = decision.state === "reversed" || decision.state === "refused" ? "" : decision.state === "proposed" ? "warn" : "good";
  return (
    <section class="card decision" aria-label={`Decision ${decision.id}`}>
      <div class="card-head">
        <h2>
          {kindsDone[decision.kind]}
          {(decision.kind === "limit" || decision.kind === "suspend") && (
            <span class="dim"> {decision.until_ms ? <>until <When ms={decision.until_ms} /></> : "without an end"}</span>
          )}
        </h2>
        <Badge kind={kind}>
          {decision.state === "proposed" && <Clock size={0.875} />}
          {decisionStates[decision.state]}
        </Badge>
      </div>
      <p class="dim">
        {decision.state === "proposed" ? "Proposed" : "Decided"} by <bdi>{decision.by_name}</bdi>, <When ms={decision.at_ms} />
        {decision.second_name && (
          <>
            {" "}
            · second person <bdi>{decision.second_name}</bdi>
          </>
        )}
        {decision.appeal_state && ` · ${appealed[decision.appeal_state]}`}
      </p>
      {decision.note && (
        <blockquote>
          <Quoted text={decision.note} from="Note for colleagues" />
        </blockquote>
      )}
      {decision.reasons && (
        <dl class="facts wide">
          {decision.media && (
            <>
              <dt>Attachments</dt>
              <dd>{decision.media.map((n) => nameIn(media, n)).join(", ")}</dd>
            </>
          )}
          <dt>Rests on</dt>
          <dd dir="auto">{decision.reasons.rule}</dd>
          <dt>Why it applies</dt>
          <dd dir="auto">{decision.reasons.explanation}</dd>
          <dt>What happened</dt>
          <dd dir="auto">{decision.reasons.facts}</dd>
        </dl>
      )}
      {decision.statement && <StatementFields of={decision.statement} />}
      {!onChange && <a href={to("cases", decision.case)}>The case with its evidence</a>}
      {onChange && decision.state === "proposed" && (
        <SecondPerson
          may={decision.may_confirm ?? false}
          title={`${kindsDone[decision.kind]} of ${nameOf(decision.account)}?`}
          yes={kindHints[decision.kind]}
          no="Nothing is done. The case is open again, for anybody to take."
          say={(agrees) => (agrees ? call("confirm", { id: decision.id, seen }) : call("refuse", { id: decision.id }))}
          onChange={onChange}
        />
      )}
    </section>
  );
}

/** nameIn is an attachment by its number in the case, and by its name where it has one. */
function nameIn(media: Media[], n: number): string {
  const name = media.find((one) => one.n === n)?.name;
  return name ? `no. ${n + 1}, ${visible(name)}` : `no. ${n + 1}`;
}

const appealed = { open: "an appeal waits", waiting: "its reversal waits for a second person", upheld: "upheld on appeal", reversed: "reversed on appeal" };

/** StatementFields is the statement as the database takes it. */
function StatementFields({ of }: { of: Statement }) {
  const fields = Object.entries(of).filter(([, value]) => value !== "" && value !== undefined);
  return (
    <details class="fields">
      <summary>All fields of the statement</summary>
      <dl class="facts wide">
        {fields.map(([name, value]) => (
          <div key={name}>
            <dt>{plain(name.toUpperCase())}</dt>
            <dd dir="auto">{(Array.isArray(value) ? value : [String(value)]).map((one: string) => (/^[A-Z_]+$/.test(one) ? plain(one) : one)).join(", ")}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
