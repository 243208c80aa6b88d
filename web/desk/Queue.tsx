import { useEffect } from "preact/hooks";
import { Inbox, Retry } from "../app/icons";
import { Button, EmptyState, SearchField, Segments } from "../app/ui";
import type { CaseFilter, CaseList, CaseRow, Category } from "../lib/desk";
import { call, me } from "./api";
import { useDraft } from "./drafts";
import { useDeed, useLoaded } from "./hooks";
import { useKeys } from "./keys";
import { AccountName, Badge, Failure, Head, VerdictBadge, Waiting, When } from "./parts";
import { to } from "./route";
import { categories, count, isUrgent, states, whyOf } from "./words";

type Whose = "all" | "free" | "mine" | "waiting" | "decided";

const whose: { value: Whose; label: string }[] = [
  { value: "all", label: "All open" },
  { value: "free", label: "Nobody’s" },
  { value: "mine", label: "Mine" },
  { value: "waiting", label: "Second person" },
  { value: "decided", label: "Decided" },
];

const all = Object.keys(categories) as Category[];

/** Chosen is what of the queue is shown: it stays while one looks at a case. */
interface Chosen {
  who: Whose;
  category: Category | "";
  /** A name, or an account's address; '' for all. */
  account: string;
}

function filterOf({ who, category, account }: Chosen): CaseFilter {
  const filter: CaseFilter = { mine: who === "mine", free: who === "free" };
  if (who === "waiting" || who === "decided") filter.state = who;
  if (category) filter.category = category;
  if (account) filter.account = account.includes(":") ? account : `mimi://${me.value!.domain}/u/${account.toLowerCase()}`;
  return filter;
}

let last = ""; // the case that was open before the queue

/** comesFrom notes which case is open: the queue goes on there. */
export const comesFrom = (id: string) => void (last = id);

/** QueueView is what waits to be looked at, the most urgent first. */
export function QueueView() {
  const [chosen, choose] = useDraft<Chosen>("queue", { who: "all", category: "", account: "" });
  const [text, setText] = useDraft("queue/account", chosen.account);
  const { who, category } = chosen;
  const filter = filterOf(chosen);
  const list = useLoaded(JSON.stringify(filter), () => call("cases", filter));
  useGoesOn(list.value !== undefined);
  const setCategory = (one: Category | "") => choose({ ...chosen, category: one });
  const setWho = (one: Whose) => choose({ ...chosen, who: one });
  const find = (account: string) => {
    setText(account);
    if (account.trim() === "" && chosen.account) choose({ ...chosen, account: "" });
  };
  useKeys("Queue", [
    { keys: ".", words: "Ask again", do: list.again },
    { keys: "/", words: "Find by account", do: () => document.querySelector<HTMLElement>("main input[type=search]")?.focus() },
    { keys: "0", words: "All categories", do: () => setCategory("") },
    ...all.map((one, i) => ({ keys: String(i + 1), words: categories[one], do: () => setCategory(one) })),
    { keys: "m", words: "Mine, or all", do: () => setWho(who === "mine" ? "all" : "mine") },
    { keys: "f", words: "Nobody’s, or all", do: () => setWho(who === "free" ? "all" : "free") },
    { keys: "w", words: "What waits for a second person, or all", do: () => setWho(who === "waiting" ? "all" : "waiting") },
  ]);
  return (
    <div class="view">
      <Head title="Queue" text="The most urgent first. Opening a case is written into the audit log.">
        <SearchField
          label="Find by account"
          value={text}
          onText={find}
          onKeyDown={(event) => event.key === "Enter" && choose({ ...chosen, account: text.trim() })}
        />
        <Button small icon={Retry} onClick={list.again}>
          Refresh
        </Button>
      </Head>
      <Segments label="Which cases" value={who} choices={whose} onChange={setWho} />
      <Categories chosen={category} open={list.value?.open ?? {}} onChoose={setCategory} />
      <Waiting of={list} title="Cases">
        {(now) => <Rows now={now} filter={filter} onMore={list.set} />}
      </Waiting>
    </div>
  );
}

/** useGoesOn gives the focus to the case that one comes from, once the list is there; to the first one where that is gone. */
function useGoesOn(there: boolean) {
  useEffect(() => {
    if (!there || !last) return;
    const rows = [...document.querySelectorAll<HTMLElement>("main a[data-row]")];
    (rows.find((row) => row.getAttribute("href") === to("cases", last)) ?? rows[0])?.focus();
    last = "";
  }, [there]);
}

interface RowsProps {
  now: CaseList;
  filter: CaseFilter;
  onMore: (now: CaseList) => void;
}

function Rows({ now, filter, onMore }: RowsProps) {
  const more = useDeed();
  const further = () =>
    more.run(async () => {
      const next = await call("cases", { ...filter, after: now.next ?? "" });
      const known = new Set(now.cases.map((row) => row.id)); // the queue may have moved meanwhile
      onMore({ ...next, cases: [...now.cases, ...next.cases.filter((row) => !known.has(row.id))] });
    });
  return (
    <>
      {now.cases.length === 0 ? (
        <EmptyState
          icon={Inbox}
          title={filter.account ? "No case of this account" : "Nothing waits here"}
          text={filter.account ? undefined : "New reports come in by themselves: refresh to see them."}
        />
      ) : (
        <ul class="rows" aria-label="Cases">
          {now.cases.map((row) => (
            <li key={row.id}>
              <CaseLink row={row} />
            </li>
          ))}
        </ul>
      )}
      <Failure text={more.error} />
      {now.next && (
        <Button busy={more.busy} onClick={further}>
          More
        </Button>
      )}
    </>
  );
}

interface CategoriesProps {
  chosen: Category | "";
  open: Record<string, number>;
  onChoose: (one: Category | "") => void;
}

/** Categories chooses one, with how many wait in each. */
function Categories({ chosen, open, onChoose }: CategoriesProps) {
  return (
    <div class="chips" role="group" aria-label="Category">
      <button type="button" class="chip" aria-pressed={chosen === ""} onClick={() => onChoose("")}>
        All
      </button>
      {all.map((one) => (
        <button type="button" key={one} class="chip" aria-pressed={chosen === one} onClick={() => onChoose(chosen === one ? "" : one)}>
          {categories[one]}
          {(open[one] ?? 0) > 0 && <span class="chip-count">{open[one]}</span>}
        </button>
      ))}
    </div>
  );
}

/** CaseLink is a case in a list: no content. */
export function CaseLink({ row }: { row: CaseRow }) {
  const urgent = isUrgent(row.why) && row.state !== "decided";
  return (
    <a href={to("cases", row.id)} class="row" data-row>
      <span class={urgent ? "priority urgent" : "priority"} title={whyOf(row.why)}>
        {urgent ? <strong>Urgent</strong> : <span class="unseen">Priority</span>} <span>{row.priority.toLocaleString("en")}</span>
      </span>
      <span class="row-main">
        <span class="row-title">
          {categories[row.category]} · <AccountName account={row.reported} plain />
        </span>
        <span class="dim">
          {count(row.reports, "report")}, {count(row.items, "message")}
          {row.media > 0 && `, ${count(row.media, "attachment")}`} · opened <When ms={row.opened_ms} short />
        </span>
      </span>
      <span class="row-end">
        {row.claimer && (
          <Badge kind="accent">
            <bdi>{row.claimer}</bdi>
          </Badge>
        )}
        {row.state !== "open" && <Badge>{states[row.state]}</Badge>}
        <VerdictBadge verdict={row.verdict} />
      </span>
    </a>
  );
}
