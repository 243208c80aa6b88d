import { useState } from "preact/hooks";
import { Button, Note, TextField, toast } from "../app/ui";
import type { AuditFilter, AuditLine } from "../lib/desk";
import { call } from "./api";
import { useDeed, useLoaded } from "./hooks";
import { Failure, Head, Waiting, When } from "./parts";
import { saveBytes } from "./save";
import { count } from "./words";

/** AuditView is the audit log, a page at a time and the newest line first, and whether all of its chain holds. */
export function AuditView() {
  const [text, setText] = useState({ actor: "", action: "" });
  const [filter, setFilter] = useState<AuditFilter>({});
  const [befores, setBefores] = useState<number[]>([]); // of the pages that were left for older ones, and of the one that is shown
  const before = befores.at(-1) ?? 0;
  const list = useLoaded(JSON.stringify({ ...filter, before }), () => call("audit", { ...filter, before }));
  const deed = useDeed();
  const checkpoint = () =>
    deed.run(async () => {
      const { text: file, seq } = await call("checkpoint");
      saveBytes(`checkpoint-${seq}.txt`, "text/plain", file);
      toast("Saved");
    });
  const choose = () => {
    setBefores([]);
    setFilter({ ...text });
  };
  return (
    <div class="view wide">
      <Head title="Audit log" text="Every look and every decision. Each line holds the hash of the one before.">
        <Button small busy={deed.busy} onClick={checkpoint}>
          Save a signed checkpoint
        </Button>
      </Head>
      <Chain />
      <div class="filters">
        <TextField label="Person (id)" value={text.actor} onText={(actor) => setText({ ...text, actor })} autocomplete="off" />
        <TextField label="Action" value={text.action} onText={(action) => setText({ ...text, action })} placeholder="case.opened" autocomplete="off" />
        <Button small onClick={choose}>
          Show
        </Button>
      </div>
      <Failure text={deed.error} />
      <Waiting of={list} title="Lines">
        {(now) => (
          <>
            {now.broken && <Note kind="danger">These lines don’t hold together: {now.broken}</Note>}
            {now.lines.length > 0 ? <Lines lines={now.lines} /> : <p class="dim">No line here.</p>}
            <div class="choices">
              {befores.length > 0 && <Button onClick={() => setBefores(befores.slice(0, -1))}>Newer lines</Button>}
              {(now.next ?? 0) > 1 && <Button onClick={() => setBefores([...befores, now.next!])}>Older lines</Button>}
            </div>
          </>
        )}
      </Waiting>
    </div>
  );
}

/** Chain says whether the whole log holds together, not only the lines that are shown. */
function Chain() {
  const whole = useLoaded("whole", () => call("auditCheck"));
  if (!whole.value) return whole.error ? <Failure text={whole.error} /> : <Note>Every line is being checked…</Note>;
  if (whole.value.broken) return <Note kind="danger">The log doesn’t hold together: {whole.value.broken}</Note>;
  return <Note kind="good">The chain holds: each of {count(whole.value.lines, "line")} was checked.</Note>;
}

function Lines({ lines }: { lines: AuditLine[] }) {
  return (
    <div class="table-box scroll" tabIndex={0} role="region" aria-label="Lines of the log">
      <table>
        <thead>
          <tr>
            <th scope="col">No.</th>
            <th scope="col">When</th>
            <th scope="col">Who</th>
            <th scope="col">What</th>
            <th scope="col">Of</th>
            <th scope="col">With</th>
            <th scope="col">Hash</th>
          </tr>
        </thead>
        <tbody>
          {lines.map((line) => (
            <tr key={line.seq} data-row tabIndex={-1}>
              <td class="number">{line.seq}</td>
              <td>
                <When ms={line.at_ms} />
              </td>
              <td title={line.actor}>
                <bdi>{line.name || line.actor}</bdi>
              </td>
              <td class="mono">{line.action}</td>
              <td class="mono short" title={line.subject}>
                <bdi>{line.subject}</bdi>
              </td>
              <td class="mono short" title={dataOf(line)}>
                {dataOf(line)}
              </td>
              <td class="mono" title={line.hash}>
                {line.hash.slice(0, 8)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const dataOf = (line: AuditLine) =>
  Object.entries(line.data ?? {})
    .map(([name, value]) => `${name}=${value}`)
    .join(" ");
