import { Button, Note } from "../app/ui";
import type { Case, DecisionKind } from "../lib/desk";
import { AccountCard } from "./AccountView";
import { canBe, isProven, order, reportersOf, standingOf } from "./caseFacts";
import { Notes } from "./Notes";
import { When } from "./parts";
import { kinds } from "./words";

interface CaseAsideProps {
  now: Case;
  onChange: (now: Case) => void;
  onChoose: (kind: DecisionKind) => void;
}

/** CaseAside is what stands beside the evidence: the decisions there are, both sides' accounts, notes, and the case's names. */
export function CaseAside({ now, onChange, onChoose }: CaseAsideProps) {
  const { mine, free, canDecide } = standingOf(now);
  return (
    <aside class="column narrow" aria-label="About the case">
      {canDecide && <Choices now={now} onChoose={onChoose} />}
      {now.state === "open" && !free && !mine && <Note>A colleague has this case.</Note>}
      <AccountCard title="Reported" row={now.account} />
      {reportersOf(now).map((row) => (
        <AccountCard key={row.account} title="Reported by" row={row} />
      ))}
      <Notes now={now} onChange={onChange} />
      <Names now={now} />
    </aside>
  );
}

/** Names are those by which audit log and exports know the case. */
function Names({ now }: { now: Case }) {
  return (
    <section class="card">
      <h2>Case</h2>
      <dl class="facts">
        <dt>Number</dt>
        <dd class="mono">{now.id}</dd>
        <dt>Conversation</dt>
        <dd class="mono">
          <bdi>{now.room}</bdi>
        </dd>
        <dt>Changed</dt>
        <dd>
          <When ms={now.updated_ms} />
        </dd>
      </dl>
    </section>
  );
}

/** Choices are the decisions there are, by their number keys. */
function Choices({ now, onChoose }: { now: Case; onChoose: (kind: DecisionKind) => void }) {
  return (
    <section class="card">
      <h2>Decide</h2>
      <div class="choices">
        {order.map((kind, i) => (
          <Button key={kind} small kind={kind === "suspend" || kind === "remove" ? "danger-quiet" : "plain"} disabled={!canBe(now, kind)} onClick={() => onChoose(kind)}>
            <kbd aria-hidden="true">{i + 1}</kbd> {kinds[kind]}
          </Button>
        ))}
      </div>
      {!isProven(now) && <p class="dim">No message of this account is proven, so that the case can only be dismissed.</p>}
    </section>
  );
}
