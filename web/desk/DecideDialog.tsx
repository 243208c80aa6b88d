import { useState } from "preact/hooks";
import { Button, Dialog, Note, Switch, TextField } from "../app/ui";
import type { Case, Decision, DecisionKind, Media, NewDecision, Reasons, TwoPersonRule } from "../lib/desk";
import { call, may, me } from "./api";
import { useDraft } from "./drafts";
import { visible } from "./hidden";
import { useDeed } from "./hooks";
import { sends } from "./keys";
import { Select, TextArea, Undecided } from "./parts";
import { kindHints, kinds, plain } from "./words";
import { keywords, languages, statementCategories } from "./statement";

interface DecideProps {
  now: Case;
  kind: DecisionKind;
  onClose: () => void;
  onDecided: (decision: Decision) => void;
  /** Shows what has come since the case was opened; what is written here stays. */
  onLook: () => void;
}

const empty: Reasons = { ground: "terms", rule: "", rule_url: "", explanation: "", facts: "", illegal: false, category: "", language: "", keywords: [] };

/** DecideDialog is the form of a decision, with the fields of a statement of reasons. */
export function DecideDialog({ now, kind, onClose, onDecided, onLook }: DecideProps) {
  const [reasons, setReasons, dropReasons] = useDraft(`reasons/${now.id}`, empty); // of the next kind, too
  const [days, setDays] = useState(kind === "suspend" || kind === "limit" ? "7" : "0");
  const [media, setMedia] = useState<number[]>([]);
  const [note, setNote, dropNote] = useDraft(`decision note/${now.id}`, "");
  const deed = useDeed();
  const ends = kind === "limit" || kind === "suspend";
  const needs = needsTwo(me.value!.rules, now, kind, media.length);
  const dismiss = kind === "dismiss";
  const whole = dismiss || (reasons.rule.trim() && reasons.explanation.trim() && reasons.facts.trim() && (kind !== "remove" || media.length > 0));
  const decide = () =>
    deed.run(async () => {
      const p: NewDecision = { id: now.id, kind, note, seen: now.seen };
      if (!dismiss) p.reasons = reasons;
      if (ends) p.days = Number(days);
      if (kind === "remove") p.media = media;
      const decision = await call("decide", p);
      dropReasons();
      dropNote();
      onDecided(decision);
    });
  const decideIf = () => whole && !deed.busy && decide();
  const foot = (
    <>
      <Button onClick={onClose}>Cancel</Button>
      <Button kind={dismiss ? "primary" : "danger"} busy={deed.busy} disabled={!whole} onClick={decide}>
        {needs ? `Propose: ${kinds[kind].toLowerCase()}` : kinds[kind]}
      </Button>
    </>
  );
  return (
    <Dialog title={kinds[kind]} onClose={onClose} foot={foot} width="wide">
      <div class="form" onKeyDown={sends(decideIf)}>
        <p>{kindHints[kind]}</p>
        {needs && <Note>This needs two persons: it is proposed now, and done once a colleague agrees.</Note>}
        {kind === "remove" && <Attachments now={now} chosen={media} onChoose={setMedia} />}
        {ends && <Select label="For how long" value={days} choices={lengths(kind)} onChange={setDays} autofocus />}
        {!dismiss && <ReasonsForm value={reasons} onChange={setReasons} autofocus={!ends && kind !== "remove"} />}
        <TextArea label="Note for colleagues (not needed)" value={note} onText={setNote} rows={2} most={4000} autofocus={dismiss} />
        <Undecided deed={deed} onLook={onLook} />
      </div>
    </Dialog>
  );
}

function lengths(kind: DecisionKind): [string, string][] {
  const all: [string, string][] = [
    ["1", "1 day"],
    ["7", "7 days"],
    ["30", "30 days"],
    ["180", "180 days"],
    ["365", "1 year"],
  ];
  if (kind === "limit" || may("suspend")) all.push(["0", "Without an end"]);
  return all;
}

function needsTwo(rules: TwoPersonRule[], now: Case, kind: DecisionKind, chosen: number): boolean {
  return rules.some((rule) => rule.kind === kind && (!rule.category || rule.category === now.category) && chosen > (rule.above ?? -1));
}

/** ReasonsForm is what a person writes of the statement of reasons; the rest is made from the case. */
function ReasonsForm({ value, onChange, autofocus }: { value: Reasons; onChange: (value: Reasons) => void; autofocus: boolean }) {
  const set = (some: Partial<Reasons>) => onChange({ ...value, ...some });
  const law = value.ground === "illegal";
  return (
    <fieldset class="reasons">
      <legend>Statement of reasons</legend>
      <p class="dim">The person reads it, with how to appeal. It has the fields of the EU’s DSA transparency database.</p>
      <Select
        label="It rests on"
        autofocus={autofocus}
        value={value.ground}
        choices={[
          ["terms", "The terms (incompatible content)"],
          ["illegal", "The law (illegal content)"],
        ]}
        onChange={(ground) => set({ ground })}
      />
      <TextField label={law ? "Which law" : "Which part of the terms"} value={value.rule} onText={(rule) => set({ rule })} dir="auto" />
      <TextField label="Its address (not needed)" value={value.rule_url ?? ""} onText={(rule_url) => set({ rule_url })} dir="ltr" placeholder="https://" />
      <TextArea label="Why it applies" value={value.explanation} onText={(explanation) => set({ explanation })} most={2000} />
      <TextArea
        label="What happened"
        value={value.facts}
        onText={(facts) => set({ facts })}
        most={4000}
        hint="Facts and circumstances, without names or other personal data."
      />
      {!law && <Switch label="It is held to be illegal, too" on={value.illegal ?? false} onChange={(illegal) => set({ illegal })} />}
      <Select
        label="Category of the statement"
        value={value.category ?? ""}
        choices={[["", "As the case’s category"], ...statementCategories.map((name) => [name, plain(name)] as const)]}
        onChange={(category) => set({ category })}
      />
      <Select
        label="Language of what was said (not needed)"
        value={value.language ?? ""}
        choices={[["", "Not said"], ...languages]}
        onChange={(language) => set({ language })}
      />
      <Keywords chosen={value.keywords ?? []} onChoose={(chosen) => set({ keywords: chosen })} />
    </fieldset>
  );
}

function Keywords({ chosen, onChoose }: { chosen: string[]; onChoose: (chosen: string[]) => void }) {
  const toggle = (one: string, on: boolean) => onChoose(on ? [...chosen, one] : chosen.filter((other) => other !== one));
  return (
    <details class="keywords">
      <summary>Keywords{chosen.length > 0 && ` (${chosen.length} of at most 8)`}</summary>
      <div class="checks">
        {keywords.map((one) => (
          <label key={one} class="check">
            <input
              type="checkbox"
              checked={chosen.includes(one)}
              disabled={chosen.length >= 8 && !chosen.includes(one)}
              onChange={(event) => toggle(one, event.currentTarget.checked)}
            />
            {plain(one)}
          </label>
        ))}
      </div>
    </details>
  );
}

function Attachments({ now, chosen, onChoose }: { now: Case; chosen: number[]; onChoose: (chosen: number[]) => void }) {
  const all = now.report_list.flatMap((r) => r.items.filter((item) => item.by === "reported").flatMap((item) => item.attachments));
  const toggle = (one: Media, on: boolean) => onChoose(on ? [...chosen, one.n] : chosen.filter((n) => n !== one.n));
  return (
    <fieldset class="reasons">
      <legend>Attachments to remove</legend>
      {all.length === 0 && <p class="dim">The reported account sent none of those that were reported.</p>}
      {all.map((one, i) => (
        <label key={one.n} class="check">
          <input type="checkbox" autofocus={i === 0} checked={chosen.includes(one.n)} disabled={one.removed} onChange={(event) => toggle(one, event.currentTarget.checked)} />
          {`No. ${one.n + 1}`} {one.name && <bdi>{visible(one.name)}</bdi>} <span class="dim mono">{one.type}</span>
        </label>
      ))}
    </fieldset>
  );
}
