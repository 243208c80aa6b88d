import { useEffect, useRef, useState } from "preact/hooks";
import { codeOf, core, explain } from "../state";
import { t } from "../strings";
import { Dialog, Note, Spinner } from "../ui";
import { answerIn, question, type Question } from "./captcha";
import "./challenge.css";

/** Challenge asks for the platform's captcha, when something has to wait for it. */
export function Challenge() {
  const of = question.value;
  return of && <Asking key={of.page} of={of} />;
}

function Asking({ of }: { of: Question }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const [turn, setTurn] = useState(0);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const end = (outcome: "answered" | "left") => {
    if (question.value === of) question.value = null;
    of.done(outcome);
  };
  // The platform's page is loaded anew each time: an answer is good once.
  const anew = (trouble: string) => {
    setProblem(trouble);
    setBusy(false);
    setTurn((n) => n + 1);
  };
  useEffect(() => {
    if (of.again) anew(t("challenge.wrong"));
  }, [of]);
  useEffect(() => {
    let taken = false;
    const hand = async (answer: string) => {
      setBusy(true);
      setProblem("");
      try {
        await core.answerCaptcha({ answer });
        end("answered");
      } catch (refused) {
        if (codeOf(refused) === "bad_answer") of.done("wrong");
        else anew(explain(refused));
      }
    };
    const hear = (e: MessageEvent) => {
      const answer = answerIn(e, frame.current?.contentWindow, of.page);
      if (!answer || taken) return;
      taken = true;
      void hand(answer);
    };
    addEventListener("message", hear);
    return () => removeEventListener("message", hear);
  }, [of, turn]);
  return (
    <Dialog title={t("challenge.title")} onClose={() => end("left")} class="challenge">
      <p class="options-text">{t("challenge.text", { host: new URL(of.page).host })}</p>
      {problem && (
        <Note kind="danger" urgent>
          {problem}
        </Note>
      )}
      <div class="challenge-stage">
        <iframe key={turn} ref={frame} src={of.page} title={t("challenge.frame")} sandbox="allow-scripts allow-same-origin allow-forms allow-popups" referrerpolicy="no-referrer" />
        {busy && (
          <div class="challenge-busy" role="status" aria-label={t("challenge.checking")}>
            <Spinner />
          </div>
        )}
      </div>
    </Dialog>
  );
}
