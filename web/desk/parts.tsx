import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Alert, Check, Info } from "../app/icons";
import { Button, Note, Spinner } from "../app/ui";
import type { Verdict } from "../lib/desk";
import type { Deed, Loaded } from "./hooks";
import { to } from "./route";
import { ago, atTime, nameOf, verdicts, verdictsShort } from "./words";

/** Head is a view's title, with what can be done beside it. */
export function Head({ title, text, children }: { title: ComponentChildren; text?: ComponentChildren; children?: ComponentChildren }) {
  return (
    <div class="head">
      <div class="head-words">
        <h1>{title}</h1>
        {text && <p class="dim">{text}</p>}
      </div>
      {children}
    </div>
  );
}

/** Waiting draws what was loaded, or that it is being loaded, or why it isn't there. */
export function Waiting<T>({ of, title, children }: { of: Loaded<T>; title: string; children: (value: T) => ComponentChildren }) {
  if (of.value !== undefined) {
    return (
      <>
        {of.error && <Failure text={of.error} />}
        {children(of.value)}
      </>
    );
  }
  return (
    <div class="waiting" aria-busy={of.error ? undefined : "true"}>
      <h1 class={of.error ? "" : "unseen"}>{title}</h1>
      {of.error ? <Failure text={of.error} /> : <Spinner large />}
    </div>
  );
}

/** Failure says aloud why something wasn't done. */
export function Failure({ text }: { text: string }) {
  return text ? (
    <Note kind="danger" urgent>
      {text}
    </Note>
  ) : null;
}

/** Undecided says why a decision wasn't taken, and where there is evidence that who decides hasn't seen, leads to it. */
export function Undecided({ deed, onLook }: { deed: Deed; onLook: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (deed.error) box.current?.scrollIntoView({ block: "nearest" }); // a long form may end below what is seen of it
  }, [deed.error]);
  if (!deed.error) return null;
  return (
    <div class="form" ref={box}>
      <Failure text={deed.error} />
      {deed.stale && (
        <div class="choices">
          <Button kind="primary" onClick={onLook}>
            Look at what is new
          </Button>
        </div>
      )}
    </div>
  );
}

/** When is a time, with how long ago it was. */
export function When({ ms, short }: { ms: number; short?: boolean }) {
  return (
    <time dateTime={new Date(ms).toISOString()} title={atTime(ms)} class="nowrap">
      {short ? ago(ms) : atTime(ms)}
    </time>
  );
}

/** AccountName is an account by the name people know, and leads to its history. */
export function AccountName({ account, plain }: { account: string; plain?: boolean }) {
  const name = <bdi title={account}>{nameOf(account)}</bdi>;
  return plain ? name : <a href={to("accounts", account)}>{name}</a>;
}

/** VerdictBadge says how far evidence can be trusted: by words and a sign, not by color alone. */
export function VerdictBadge({ verdict, whole }: { verdict: Verdict; whole?: boolean }) {
  const Sign = verdict === "signed" ? Check : verdict === "attested" ? Info : Alert;
  return (
    <span class={`badge ${verdict === "signed" ? "good" : verdict === "attested" ? "" : "warn"}`}>
      <Sign size={0.875} />
      {whole ? verdicts[verdict] : verdictsShort[verdict]}
    </span>
  );
}

/** Badge is a word that is set apart. */
export function Badge({ kind = "", children }: { kind?: "" | "good" | "warn" | "danger" | "accent"; children: ComponentChildren }) {
  return <span class={`badge ${kind}`}>{children}</span>;
}

export interface SelectProps<T extends string> {
  label: string;
  value: T;
  choices: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
  small?: boolean;
  autofocus?: boolean;
}

/** Select is a choice of many, with its label. */
export function Select<T extends string>({ label, value, choices, onChange, small, autofocus }: SelectProps<T>) {
  const id = useId();
  return (
    <div class={small ? "field select small" : "field select"}>
      <label for={id}>{label}</label>
      <div class="field-box">
        <select id={id} value={value} autofocus={autofocus} onChange={(event) => onChange(event.currentTarget.value as T)}>
          {choices.map(([choice, words]) => (
            <option key={choice} value={choice} selected={choice === value}>
              {words}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}

export interface TextAreaProps {
  label: string;
  value: string;
  onText: (text: string) => void;
  hint?: string;
  rows?: number;
  most?: number;
  autofocus?: boolean;
  id?: string;
  onKeyDown?: (event: KeyboardEvent) => void;
}

/** TextArea is several lines of text, with how much still fits. */
export function TextArea({ label, value, onText, hint, rows = 3, most, autofocus, id: own, onKeyDown }: TextAreaProps) {
  const made = useId();
  const id = own ?? made;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <div class="field-box">
        <textarea
          id={id}
          rows={rows}
          value={value}
          maxLength={most}
          dir="auto"
          autofocus={autofocus}
          aria-describedby={hint ? `${id}-hint` : undefined}
          onInput={(event) => onText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      {hint && (
        <div class="field-hint" id={`${id}-hint`}>
          {hint}
        </div>
      )}
    </div>
  );
}
