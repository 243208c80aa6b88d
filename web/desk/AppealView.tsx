import { Back } from "../app/icons";
import { Button, Note, toast } from "../app/ui";
import type { Appeal } from "../lib/desk";
import { call } from "./api";
import { appealStates } from "./Appeals";
import { DecisionCard } from "./DecisionCard";
import { useDraft } from "./drafts";
import { useDeed, useLoaded } from "./hooks";
import { useKeys } from "./keys";
import { AccountName, Badge, Failure, Head, TextArea, Waiting, When } from "./parts";
import { go, to } from "./route";
import { SecondPerson } from "./SecondPerson";
import { kindsDone, nameOf } from "./words";
import { Quoted } from "./Quoted";

/** AppealView is one appeal, with the decision it is against. */
export function AppealView({ id }: { id: string }) {
  const one = useLoaded(id, () => call("appeal", { id }));
  useKeys("Appeal", [
    { keys: "u", words: "Back to the appeals", do: () => go("appeals") },
    { keys: ".", words: "Ask again", do: one.again },
    { keys: "n", words: "Write the answer", do: () => document.getElementById("answer")?.focus() },
    { keys: "o", words: "Open the case", do: () => one.value && go("cases", one.value.case) },
  ]);
  return (
    <div class="view">
      <a href={to("appeals")} class="way-back">
        <Back size={1} /> Appeals
      </a>
      <Waiting of={one} title="Appeal">
        {(now) => (
          <>
            <Head
              title={
                <>
                  Appeal against: {kindsDone[now.kind].toLowerCase()} · <AccountName account={now.account} plain />
                </>
              }
              text={
                <>
                  Came <When ms={now.at_ms} /> · <a href={to("cases", now.case)}>the case with its evidence</a>
                </>
              }
            >
              <Badge kind={now.state === "open" ? "warn" : ""}>{appealStates[now.state]}</Badge>
            </Head>
            <section class="card">
              <h2>What the person says</h2>
              <Quoted text={now.text} />
            </section>
            <DecisionCard decision={now.full} />
            {now.state === "open" ? <Answer now={now} onDone={one.set} /> : <Answered now={now} onChange={one.again} />}
          </>
        )}
      </Waiting>
    </div>
  );
}

function Answer({ now, onDone }: { now: Appeal; onDone: (now: Appeal) => void }) {
  const [reply, setReply, drop] = useDraft(`reply/${now.id}`, "");
  const deed = useDeed();
  const end = (reverse: boolean) =>
    deed.run(async () => {
      onDone(await call("decideAppeal", { id: now.id, reverse, reply: reply.trim() }));
      drop();
      toast(!reverse ? "The decision stands" : now.needs_second ? "A second person has to agree" : "Reversed: what held against the account is lifted");
    });
  const off = reply.trim() === "";
  return (
    <section class="card form">
      <h2>Answer</h2>
      {now.needs_second && <Note>Two persons decide this: reversing it is proposed, and done once a colleague agrees. That it stands, you can say alone.</Note>}
      <TextArea id="answer" label="What the person reads" value={reply} onText={setReply} most={2000} />
      <Failure text={deed.error} />
      <div class="choices">
        <Button busy={deed.busy} disabled={off} onClick={() => end(false)}>
          The decision stands
        </Button>
        <Button kind="primary" busy={deed.busy} disabled={off} onClick={() => end(true)}>
          {now.needs_second ? "Propose to reverse it" : "Reverse it"}
        </Button>
      </div>
    </section>
  );
}

/** Answered is what was answered, or is proposed to be while a reversal waits for its second person. */
function Answered({ now, onChange }: { now: Appeal; onChange: () => void }) {
  const waits = now.state === "waiting";
  return (
    <section class="card" aria-label="Answer">
      <h2>{waits ? "Reversal proposed" : "Answer"}</h2>
      <p class="dim">
        By <bdi>{now.by_name}</bdi>
        {now.second_name && (
          <>
            {" "}
            · second person <bdi>{now.second_name}</bdi>
          </>
        )}
      </p>
      <Quoted text={now.reply ?? ""} />
      {waits && (
        <SecondPerson
          may={now.may_confirm ?? false}
          title={`Reverse: ${kindsDone[now.kind].toLowerCase()} of ${nameOf(now.account)}?`}
          yes="What holds against the account is lifted, and the person reads the answer."
          no="The decision holds on. The appeal is open again, for anybody who may decide it."
          say={(agrees) => call(agrees ? "confirmAppeal" : "refuseAppeal", { id: now.id })}
          onChange={onChange}
        />
      )}
    </section>
  );
}
