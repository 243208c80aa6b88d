import { useEffect, useState } from "preact/hooks";
import type { Reportables, ReportPreview } from "../../lib/core";
import { core, explain } from "../state";
import { t } from "../strings";
import { Button, Dialog, Skeleton } from "../ui";
import { Check } from "./Check";
import { Choose } from "./Choose";
import { handed } from "./handed";
import { desk, reportOf, subject, telling, type Draft, type Subject } from "./report";
import { whole } from "./whole";
import { Why } from "./Why";
import "./report.css";

/** ReportDialog leads through a report: which messages, why, and then exactly what will leave. */
export function ReportDialog() {
  const of = subject.value;
  return of && <Steps key={of.room} of={of} />;
}

type Step = "choose" | "why" | "check";

const before: Record<Step, Step | null> = { choose: null, why: "choose", check: "why" };

function Steps({ of }: { of: Subject }) {
  const [step, setStep] = useState<Step>("choose");
  const [all, setAll] = useState<Reportables | null>(null);
  const [draft, setDraft] = useState<Draft>({ chosen: new Set(of.messages), category: "", note: "", block: true });
  const [preview, setPreview] = useState<ReportPreview | null>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const close = () => (subject.value = null);
  useEffect(() => {
    const take = (all: Reportables) => {
      const answer = { ...all, messages: all.messages.filter(telling) };
      setAll(answer);
      if (of.messages.length === 0) setDraft((d) => ({ ...d, chosen: whole(answer.messages) })); // the whole request
    };
    void core.reportables({ room: of.room }).then(take, (e: unknown) => setProblem(explain(e)));
  }, [of.room]);
  const check = async () => {
    setBusy(true);
    setProblem("");
    try {
      setPreview(await core.previewReport(reportOf(of, draft)));
      setStep("check");
    } catch (e) {
      setProblem(explain(e));
    }
    setBusy(false);
  };
  const send = async () => {
    if (!preview) return;
    setBusy(true);
    const report = reportOf(of, { ...draft, chosen: new Set(preview.messages.map((m) => m.id)) });
    if (await handed(core.sendReport(report), t("report.sent"))) close();
    setBusy(false);
  };
  const next = {
    choose: { text: t("report.next"), off: draft.chosen.size === 0, go: () => setStep("why") },
    why: { text: t("report.show"), off: draft.category === "", go: () => void check() },
    check: { text: t("report.send"), off: !preview || preview.messages.length === 0, go: () => void send() },
  }[step];
  const foot = (
    <Button kind={step === "check" ? "danger" : "primary"} whole busy={busy} disabled={next.off} onClick={next.go}>
      {next.text}
    </Button>
  );
  const back = before[step];
  return (
    <Dialog title={t(`report.title.${step}`)} onClose={close} {...(back ? { onBack: () => setStep(back) } : {})} foot={foot} class="report">
      {problem && <p class="report-problem" role="alert">{problem}</p>}
      {step === "choose" && (all ? <Choose all={all} draft={draft} onDraft={setDraft} days={desk.value?.days ?? 14} /> : !problem && <Skeleton />)}
      {step === "why" && <Why draft={draft} onDraft={setDraft} most={desk.value?.note ?? 2000} />}
      {step === "check" && preview && <Check of={preview} draft={draft} />}
    </Dialog>
  );
}
