import { useState } from "preact/hooks";
import { Reply, Retry } from "../app/icons";
import { Button, EmptyState, Note, Segments } from "../app/ui";
import type { AppealState } from "../lib/desk";
import { call } from "./api";
import { useLoaded } from "./hooks";
import { useKeys } from "./keys";
import { AccountName, Badge, Head, Waiting, When } from "./parts";
import { to } from "./route";
import { categories, count, kindsDone } from "./words";

export const appealStates: Record<AppealState, string> = { open: "Open", waiting: "Waits for a second person", upheld: "Decision stands", reversed: "Reversed" };

/** AppealsView is the appeals that one may decide: never against an own decision. */
export function AppealsView() {
  const [state, setState] = useState<AppealState>("open");
  const list = useLoaded(state, () => call("appeals", { state }));
  useKeys("Appeals", [{ keys: ".", words: "Ask again", do: list.again }]);
  return (
    <div class="view">
      <Head title="Appeals" text="The oldest first. Whoever decided a case doesn’t decide the appeal.">
        <Button small icon={Retry} onClick={list.again}>
          Refresh
        </Button>
      </Head>
      <Segments
        label="Which appeals"
        value={state}
        choices={(Object.keys(appealStates) as AppealState[]).map((value) => ({ value, label: appealStates[value] }))}
        onChange={setState}
      />
      <Waiting of={list} title="Appeals">
        {(now) => (
          <>
            {now.others > 0 && <Note>{count(now.others, "open appeal is against your own decisions", "open appeals are against your own decisions")}: a colleague looks at them.</Note>}
            {now.appeals.length === 0 ? (
              <EmptyState icon={Reply} title="No appeal here" />
            ) : (
              <ul class="rows" aria-label="Appeals">
                {now.appeals.map((row) => (
                  <li key={row.id}>
                    <a class="row" href={to("appeals", row.id)} data-row>
                      <span class="row-main">
                        <span class="row-title">
                          {kindsDone[row.kind]} · <AccountName account={row.account} plain />
                        </span>
                        <span class="dim">
                          {categories[row.category]} · appealed <When ms={row.at_ms} short />
                        </span>
                      </span>
                      <span class="row-end">
                        <Badge>{appealStates[row.state]}</Badge>
                      </span>
                    </a>
                  </li>
                ))}
              </ul>
            )}
          </>
        )}
      </Waiting>
    </div>
  );
}
