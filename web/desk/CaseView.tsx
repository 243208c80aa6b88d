import { useEffect, useState } from "preact/hooks";
import { Back } from "../app/icons";
import { toast } from "../app/ui";
import type { Case, Decision, DecisionKind } from "../lib/desk";
import { call, may } from "./api";
import { CaseAside } from "./CaseAside";
import { CaseHead } from "./CaseHead";
import { CaseReports } from "./CaseReports";
import { canBe, order, standingOf } from "./caseFacts";
import { DecideDialog } from "./DecideDialog";
import { ExportDialog } from "./ExportDialog";
import { useDeed, useLoaded } from "./hooks";
import { useKeys } from "./keys";
import { coverAll } from "./MediaView";
import { Failure, Waiting } from "./parts";
import { comesFrom } from "./Queue";
import { go, to } from "./route";
import { kinds } from "./words";

/** CaseView is a case: who is reported, the evidence, notes, and what is decided. */
export function CaseView({ id }: { id: string }) {
  const one = useLoaded(id, () => call("case", { id }));
  useEffect(() => comesFrom(id), [id]);
  return (
    <div class="view wide">
      <a href={to("cases")} class="way-back">
        <Back size={1} /> Queue
      </a>
      <Waiting of={one} title="Case">
        {(now) => <Opened now={now} onChange={one.set} again={one.again} />}
      </Waiting>
    </div>
  );
}

interface OpenedProps {
  now: Case;
  onChange: (now: Case) => void;
  again: () => void;
}

/** Opened is a case that is there, with the dialogs that it opens. */
function Opened({ now, onChange, again }: OpenedProps) {
  const [deciding, setDeciding] = useState<DecisionKind | null>(null);
  const [exporting, setExporting] = useState(false);
  const claim = useDeed();
  const toggle = () => claim.run(async () => onChange(await call("claim", { id: now.id, release: standingOf(now).mine })));
  useCaseKeys(now, { toggle: () => void toggle(), again, decide: setDeciding, exports: () => setExporting(true) });
  const close = () => setDeciding(null);
  const decided = (decision: Decision) => {
    close();
    toast(decision.state === "proposed" ? "A second person has to agree" : "Decided");
    again();
  };
  const look = () => {
    close();
    again();
  };
  return (
    <>
      <CaseHead now={now} busy={claim.busy} onToggle={() => void toggle()} onExport={() => setExporting(true)} />
      <Failure text={claim.error} />
      <div class="columns">
        <CaseReports now={now} again={again} />
        <CaseAside now={now} onChange={onChange} onChoose={setDeciding} />
      </div>
      {deciding && <DecideDialog key={deciding} now={now} kind={deciding} onClose={close} onDecided={decided} onLook={look} />}
      {exporting && <ExportDialog now={now} onClose={() => setExporting(false)} />}
    </>
  );
}

interface CaseDeeds {
  toggle: () => void;
  again: () => void;
  decide: (kind: DecisionKind) => void;
  exports: () => void;
}

/** useCaseKeys has the keyboard do what can be done in a case. */
function useCaseKeys(now: Case, { toggle, again, decide, exports }: CaseDeeds) {
  const { mine, canClaim, canDecide } = standingOf(now);
  useKeys("Case", [
    { keys: "u", words: "Back to the queue", do: () => go("cases") },
    { keys: "c", words: mine ? "Give the case back" : "Take the case", do: () => canClaim && toggle() },
    { keys: "n", words: "Write a note", do: () => document.getElementById("note")?.focus() },
    { keys: "r", words: "Reveal the next attachment, step by step", do: () => document.querySelector<HTMLElement>("[data-reveal]")?.click() },
    { keys: "b", words: "Blur everything again, and stop what plays", do: coverAll },
    { keys: ".", words: "Ask again", do: again },
    { keys: "e", words: "Export", do: () => may("export") && exports() },
    ...order.map((kind, i) => ({ keys: String(i + 1), words: kinds[kind], do: () => canDecide && canBe(now, kind) && decide(kind) })),
  ]);
}
