import { useState } from "preact/hooks";
import { Button } from "../app/ui";
import type { Category, DecisionKind, Period } from "../lib/desk";
import { call } from "./api";
import { useLoaded } from "./hooks";
import { Head, Waiting } from "./parts";
import { categories, kindsDone } from "./words";

/** CountsView is what happened in a period, counted from the audit log alone. */
export function CountsView() {
  const [dates, setDates] = useState<Period>({ from: "", until: "" });
  const [period, setPeriod] = useState<Period>({});
  const one = useLoaded(JSON.stringify(period), () => call("transparency", period));
  return (
    <div class="view">
      <Head title="Counts" text="From the audit log alone, so that others can count again." />
      <div class="filters">
        <DateField label="From" value={dates.from ?? ""} onDate={(from) => setDates({ ...dates, from })} />
        <DateField label="Until, without that day" value={dates.until ?? ""} onDate={(until) => setDates({ ...dates, until })} />
        <Button small onClick={() => setPeriod({ ...dates })}>
          Count
        </Button>
      </div>
      <Waiting of={one} title="Counts">
        {(now) => (
          <>
            <div class="tables">
              <Counted title="Reports" of={now.reports} words={(name) => categories[name as Category] ?? name} />
              <Counted title="Decisions" of={now.decisions} words={(name) => kindsDone[name as DecisionKind] ?? name} />
              <Counted title="They rest on" of={now.by_ground} words={(name) => (name === "illegal" ? "The law" : name === "terms" ? "The terms" : name)} />
              <Counted title="Appeals" of={now.appeals} />
              <Counted title="Lawful requests" of={now.legal} />
              <Counted title="Looks" of={now.looks} />
            </div>
            <p class="dim">
              From a case’s first report to its decision: {hours(now.median_ms)} in the median. Decisions that no person made: {now.automated}.{" "}
              {now.lines} lines counted, up to hash <span class="mono">{now.head.slice(0, 16)}</span>.
            </p>
          </>
        )}
      </Waiting>
    </div>
  );
}

function hours(ms: number): string {
  if (ms < 60_000) return `${Math.round(ms / 1000)} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

interface CountedProps {
  title: string;
  of: Record<string, number> | null;
  words?: (name: string) => string;
}

function Counted({ title, of, words = capital }: CountedProps) {
  const all = Object.entries(of ?? {}).sort(([, a], [, b]) => b - a);
  return (
    <section class="card">
      <h2>{title}</h2>
      {all.length === 0 ? (
        <p class="dim">None.</p>
      ) : (
        <dl class="facts">
          {all.map(([name, n]) => (
            <div key={name}>
              <dt>{words(name)}</dt>
              <dd class="number">{n.toLocaleString("en")}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  );
}

const capital = (name: string) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ");

function DateField({ label, value, onDate }: { label: string; value: string; onDate: (date: string) => void }) {
  return (
    <label class="field">
      <span class="label">{label}</span>
      <span class="field-box">
        <input type="date" value={value} onInput={(event) => onDate(event.currentTarget.value)} />
      </span>
    </label>
  );
}
