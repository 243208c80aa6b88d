import { useState } from "preact/hooks";
import { Button, Confirm } from "../app/ui";
import { useDeed } from "./hooks";
import { useKeys } from "./keys";
import { Undecided } from "./parts";

interface SecondPersonProps {
  /** Whether who looks may be the second person. */
  may: boolean;
  title: string;
  /** What a yes does, and a no. */
  yes: string;
  no: string;
  say: (agrees: boolean) => Promise<unknown>;
  onChange: () => void;
}

/** SecondPerson is the second person's yes or no to what was proposed; whoever may not waits. */
export function SecondPerson({ may, title, yes, no, say, onChange }: SecondPersonProps) {
  const deed = useDeed();
  const [asking, setAsking] = useState<"yes" | "no" | null>(null);
  const answer = (agrees: boolean) =>
    deed.run(async () => {
      await say(agrees).finally(() => setAsking(null));
      onChange();
    });
  useKeys("Second person", [
    { keys: "y", words: "Agree, and carry it out", do: () => may && setAsking("yes") },
    { keys: "x", words: "Refuse", do: () => may && setAsking("no") },
  ]);
  if (!may) return <p class="dim">Nothing is done until a colleague who may has agreed.</p>;
  return (
    <>
      <Undecided deed={deed} onLook={onChange} />
      <div class="choices">
        <Button small kind="danger" busy={deed.busy} onClick={() => setAsking("yes")}>
          Agree, and carry it out
        </Button>
        <Button small busy={deed.busy} onClick={() => setAsking("no")}>
          Refuse
        </Button>
      </div>
      {asking && (
        <Confirm
          title={asking === "yes" ? title : "Refuse it?"}
          text={asking === "yes" ? yes : no}
          yes={asking === "yes" ? "Carry it out" : "Refuse it"}
          danger={asking === "yes"}
          busy={deed.busy}
          onYes={() => void answer(asking === "yes")}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}
