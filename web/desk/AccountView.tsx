import type { AccountRow } from "../lib/desk";
import { call } from "./api";
import { DecisionCard } from "./DecisionCard";
import { useLoaded } from "./hooks";
import { useKeys } from "./keys";
import { AccountName, Badge, Head, Waiting, When } from "./parts";
import { CaseLink } from "./Queue";
import { count, kindsDone } from "./words";

/** AccountCard is an account beside a case: metadata, no content. */
export function AccountCard({ title, row }: { title: string; row: AccountRow }) {
  return (
    <section class="card">
      <h2>
        {title} · <AccountName account={row.account} />
      </h2>
      <Facts row={row} />
    </section>
  );
}

function Facts({ row }: { row: AccountRow }) {
  return (
    <>
      <div class="badges">
        {row.suspended && <Badge kind="danger">Suspended</Badge>}
        {row.limited && <Badge kind="warn">Limited</Badge>}
        {row.age_band && row.age_band !== "unknown" && <Badge>{Object.hasOwn(ages, row.age_band) ? ages[row.age_band] : row.age_band}</Badge>}
        {row.unknown && <Badge>No account of this platform any more</Badge>}
        {row.stale && <Badge kind="warn">The server didn’t answer: dates are missing</Badge>}
      </div>
      <p class="mono dim">
        <bdi>{row.account}</bdi>
      </p>
      <dl class="facts">
        {row.created_ms ? (
          <>
            <dt>Since</dt>
            <dd>
              <When ms={row.created_ms} />
            </dd>
          </>
        ) : null}
        {row.last_seen_ms ? (
          <>
            <dt>Last seen</dt>
            <dd>
              <When ms={row.last_seen_ms} />
            </dd>
          </>
        ) : null}
        <dt>Devices</dt>
        <dd>{row.devices ?? 0}</dd>
        <dt>Cases about it</dt>
        <dd>
          {row.reported}, of which {row.upheld} upheld
        </dd>
        <dt>Reports made</dt>
        <dd>
          {row.reports_made}, of which {row.right_made} upheld
        </dd>
      </dl>
    </>
  );
}

const ages: Record<string, string> = { under16: "Under 16", "16_17": "16 or 17", adult: "Adult" };

/** AccountView is the history of an account, by metadata alone. */
export function AccountView({ account }: { account: string }) {
  const one = useLoaded(account, () => call("account", { account }));
  useKeys("Account", [{ keys: ".", words: "Ask again", do: one.again }]);
  return (
    <div class="view">
      <Waiting of={one} title="Account">
        {(now) => (
          <>
            <Head title={<AccountName account={now.account} plain />} text="What platform and desk know of this account, without any content." />
            <section class="card">
              <h2>Account</h2>
              <Facts row={now} />
            </section>
            <h2>What holds now</h2>
            {now.sanctions.length === 0 && <p class="dim">Nothing.</p>}
            {now.sanctions.map((s) => (
              <p key={s.decision}>
                {kindsDone[s.kind]}
                {s.at_ms > 0 && (
                  <>
                    {" "}
                    since <When ms={s.at_ms} />
                  </>
                )}
                {s.until_ms ? (
                  <>
                    , until <When ms={s.until_ms} />
                  </>
                ) : (
                  ", without an end"
                )}
              </p>
            ))}
            <h2>{count(now.cases.length, "case")}</h2>
            <ul class="rows" aria-label="Cases">
              {now.cases.map((row) => (
                <li key={row.id}>
                  <CaseLink row={row} />
                </li>
              ))}
            </ul>
            {now.decisions.length > 0 && <h2>Decisions</h2>}
            {now.decisions.map((decision) => (
              <DecisionCard key={decision.id} decision={decision} />
            ))}
          </>
        )}
      </Waiting>
    </div>
  );
}
