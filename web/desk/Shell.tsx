import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Archive, Inbox, Info, Keyboard, Lock, People, Reply, SignOut, type Icon } from "../app/icons";
import { Logo } from "../app/icons/Logo";
import { said } from "../app/state/live";
import { IconButton, Spinner, toast, Toasts, Tooltips } from "../app/ui";
import type { Act } from "../lib/desk";
import { AccountView } from "./AccountView";
import { call, may, me } from "./api";
import { AppealsView } from "./Appeals";
import { AppealView } from "./AppealView";
import { AuditView } from "./Audit";
import { CaseView } from "./CaseView";
import { CountsView } from "./Counts";
import { draftsOf } from "./drafts";
import { Help } from "./Help";
import { said as why } from "./hooks";
import { fieldKeys, rowKeys, useKeys } from "./keys";
import { LegalView } from "./Legal";
import { QueueView } from "./Queue";
import { go, route, to } from "./route";
import { SignIn } from "./SignIn";
import { StaffView } from "./Staff";
import { roles } from "./words";

/** A Section is one of the views that the side names. */
interface Section {
  view: string;
  label: string;
  icon: Icon;
  act: Act;
  key: string;
  draw: () => JSX.Element;
}

const sections: Section[] = [
  { view: "cases", label: "Queue", icon: Inbox, act: "cases", key: "q", draw: () => <QueueView /> },
  { view: "appeals", label: "Appeals", icon: Reply, act: "appeals", key: "a", draw: () => <AppealsView /> },
  { view: "legal", label: "Lawful requests", icon: Lock, act: "legal", key: "r", draw: () => <LegalView /> },
  { view: "staff", label: "Staff", icon: People, act: "staff", key: "s", draw: () => <StaffView /> },
  { view: "audit", label: "Audit log", icon: Archive, act: "audit", key: "l", draw: () => <AuditView /> },
  { view: "counts", label: "Counts", icon: Info, act: "audit", key: "c", draw: () => <CountsView /> },
];

/** Shell is the page: who isn't signed in sees the way in, else the views and one of them. */
export function Shell({ invite }: { invite: string }) {
  const now = me.value;
  const was = useRef(false); // somebody was here: the link is used
  was.current ||= !!now;
  if (now === undefined) {
    return (
      <main class="sign-in" aria-busy="true">
        <h1 class="unseen">Safety desk</h1>
        <Spinner large />
      </main>
    );
  }
  return (
    <>
      {now ? <Desk /> : <SignIn invite={was.current ? "" : invite} />}
      <section aria-label="What was just done">
        <Toasts />
      </section>
      <Tooltips />
      <div class="unseen" role="status">
        {said.value}
      </div>
    </>
  );
}

function Desk() {
  const [help, setHelp] = useState(false);
  const open = sections.filter((one) => may(one.act));
  useKeys("Everywhere", [
    ...open.map((one) => ({ keys: `g ${one.key}`, words: one.label, do: () => go(one.view) })),
    { keys: "?", words: "This help", do: () => setHelp(true) },
  ]);
  useKeys("Lists", rowKeys);
  useKeys("Fields", fieldKeys);
  const { view, id } = route.value;
  const main = useRef<HTMLElement>(null);
  useEffect(() => main.current?.focus({ preventScroll: true }), [view, id]); // what had the focus is gone with its view
  const here = open.find((one) => one.view === view) ?? open[0];
  useEffect(() => {
    document.title = `${here?.label ?? "Nothing"} · Safety desk`;
  }, [here]);
  return (
    <div class="desk">
      <Side open={open} here={view === "accounts" ? undefined : here} onHelp={() => setHelp(true)} />
      <main ref={main} class="desk-main scroll" tabIndex={-1} key={`${view}/${id}`}>
        {id && view === "cases" && may("cases") ? (
          <CaseView id={id} />
        ) : id && view === "appeals" && may("appeals") ? (
          <AppealView id={id} />
        ) : id && view === "accounts" && may("cases") ? (
          <AccountView account={id} />
        ) : (
          here?.draw()
        )}
      </main>
      {help && <Help onClose={() => setHelp(false)} />}
    </div>
  );
}

function Side({ open, here, onHelp }: { open: Section[]; here: Section | undefined; onHelp: () => void }) {
  const person = me.value!.person;
  useEffect(() => document.querySelector(".side-link[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" }), [here]); // of a phone's row
  const signOut = () =>
    call("signOut").then(
      () => {
        draftsOf("");
        me.value = null;
      },
      (error: unknown) => toast(`You are still signed in. ${why(error)}`),
    );
  return (
    <header class="side">
      <div class="side-head">
        <Logo size={1.75} />
        <div class="one-line">
          <strong>Safety desk</strong>
          <div class="dim one-line">{me.value!.domain}</div>
        </div>
      </div>
      <nav aria-label="Views">
        {open.map((one) => (
          <a key={one.view} href={to(one.view)} class="side-link" aria-current={one === here ? "page" : undefined}>
            <one.icon size={1.125} />
            {one.label}
          </a>
        ))}
      </nav>
      <div class="side-foot">
        <div class="one-line">
          <bdi>{person.name}</bdi>
          <div class="dim">{roles[person.role]}</div>
        </div>
        <IconButton small label="Keyboard (?)" icon={Keyboard} onClick={onHelp} />
        <IconButton small label="Sign out" icon={SignOut} onClick={signOut} />
      </div>
    </header>
  );
}
