import type { ComponentChildren, Ref } from "preact";
import { useEffect, useId, useImperativeHandle, useRef } from "preact/hooks";
import { Alert, Close, Search } from "../icons";
import { t } from "../strings";
import { IconButton } from "./IconButton";
import "./field.css";

export interface TextFieldProps {
  label: string;
  value: string;
  onText: (text: string) => void;
  hint?: ComponentChildren;
  /** What is wrong with it, in words. */
  error?: string;
  /** Behind the text: a unit, a button. */
  beside?: ComponentChildren;
  input?: Ref<HTMLInputElement>;
  type?: "text" | "password";
  name?: string;
  autocomplete?: string;
  autocapitalize?: "none" | "words";
  autofocus?: boolean;
  spellcheck?: boolean;
  disabled?: boolean;
  placeholder?: string;
  dir?: "auto" | "ltr";
  onBlur?: () => void;
  onKeyDown?: (event: KeyboardEvent) => void;
}

/** TextField is one line of text with its label, a hint and what is wrong with it. */
export function TextField({ label, value, onText, hint, error, beside, input, type = "text", autofocus, ...rest }: TextFieldProps) {
  const id = useId();
  const own = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (autofocus) own.current?.focus(); // the attribute counts only once for a page
  }, []);
  useImperativeHandle(input ?? null, () => own.current!, []);
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class={error ? "field wrong" : "field"}>
      <label for={id}>{label}</label>
      <div class="field-box">
        <input
          id={id}
          ref={own}
          autofocus={autofocus}
          type={type as "text"}
          value={value}
          onInput={(event) => onText(event.currentTarget.value)}
          aria-invalid={error ? "true" : undefined}
          aria-describedby={described || undefined}
          {...rest}
        />
        {beside && <span class="beside">{beside}</span>}
      </div>
      {hint && (
        <div id={`${id}-hint`} class="field-hint">
          {hint}
        </div>
      )}
      {error && (
        <p id={`${id}-error`} class="field-error" role="alert">
          <Alert size={1} /> {error}
        </p>
      )}
    </div>
  );
}

export interface SearchFieldProps {
  label: string;
  value: string;
  onText: (text: string) => void;
  onKeyDown?: (event: KeyboardEvent) => void;
  input?: Ref<HTMLInputElement>;
  autofocus?: boolean;
}

/** SearchField is the round field of a search, with a cross that empties it. */
export function SearchField({ label, value, onText, onKeyDown, input, autofocus }: SearchFieldProps) {
  return (
    <div class="search-box" role="search" aria-label={label}>
      <Search size={1.125} />
      <input
        ref={input}
        type="search"
        value={value}
        placeholder={label}
        aria-label={label}
        autofocus={autofocus}
        autocomplete="off"
        spellcheck={false}
        enterkeyhint="search"
        onInput={(event) => onText(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      {value && <IconButton small label={t("clear")} icon={Close} onClick={() => onText("")} />}
    </div>
  );
}
