import { useState } from "preact/hooks";
import { Lock } from "../app/icons";
import { Button, EmptyState, Note, TextField } from "../app/ui";
import type { Legal } from "../lib/desk";
import { call, me } from "./api";
import { useDeed, useLoaded } from "./hooks";
import { AccountName, Badge, Failure, Head, Waiting, When } from "./parts";
import { save } from "./save";

/** LegalView is the lawful requests: two persons ask for the same, and the second one gets the file. */
export function LegalView() {
  const list = useLoaded("legal", () => call("legalRequests"));
  const [account, setAccount] = useState("");
  const [order, setOrder] = useState("");
  const [done, setDone] = useState("");
  const deed = useDeed();
  const ask = (one: { account: string; order: string }) =>
    deed.run(async () => {
      const answer = await call("legal", one);
      if (answer.file) save(answer.file);
      setDone(answer.file ? "The file is saved." : "It waits for a second person, who asks for the same.");
      list.again();
    });
  return (
    <div class="view">
      <Head title="Lawful requests" text="What the platform has of an account: the account, its devices, dates. There is no content to give." />
      <section class="card form">
        <h2>New request</h2>
        <TextField
          label="Account"
          value={account}
          onText={setAccount}
          dir="ltr"
          placeholder={`mimi://${me.value!.domain}/u/name`}
          autocomplete="off"
        />
        <TextField label="The order’s number" value={order} onText={setOrder} dir="auto" autocomplete="off" />
        <Failure text={deed.error} />
        {done && (
          <Note kind="good" urgent>
            {done}
          </Note>
        )}
        <div class="choices">
          <Button kind="primary" busy={deed.busy} disabled={!account.trim() || !order.trim()} onClick={() => ask({ account: account.trim(), order: order.trim() })}>
            Ask
          </Button>
        </div>
      </section>
      <Waiting of={list} title="Requests">
        {(now) =>
          now.requests.length === 0 ? (
            <EmptyState icon={Lock} title="No request yet" />
          ) : (
            <ul class="rows" aria-label="Requests">
              {now.requests.map((one) => (
                <Row key={one.id} one={one} busy={deed.busy} onSecond={() => ask(one)} />
              ))}
            </ul>
          )
        }
      </Waiting>
    </div>
  );
}

function Row({ one, busy, onSecond }: { one: Legal; busy: boolean; onSecond: () => void }) {
  const mine = one.by === me.value?.person.id;
  return (
    <li class="row still" tabIndex={-1} data-row>
      <span class="row-main">
        <span class="row-title">
          <AccountName account={one.account} /> · <bdi>{one.order}</bdi>
        </span>
        <span class="dim">
          Asked by <bdi>{one.by_name}</bdi>, <When ms={one.at_ms} />
          {one.second_name && (
            <>
              {" "}
              · answered to <bdi>{one.second_name}</bdi>
            </>
          )}
        </span>
      </span>
      <span class="row-end">
        {one.second ? <Badge kind="good">Answered</Badge> : <Badge kind="warn">Waits for a second person</Badge>}
        {!one.second && !mine && (
          <Button small busy={busy} onClick={onSecond}>
            Agree, and save the file
          </Button>
        )}
      </span>
    </li>
  );
}
