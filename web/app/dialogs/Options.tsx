import { Check } from "../icons";
import "./dialogs.css";

export interface Option<T> {
  value: T;
  label: string;
}

/** Options is a list of choices of which one is taken at once. */
export function Options<T>({ label, options, now, onPick }: { label: string; options: Option<T>[]; now?: T; onPick: (value: T) => void }) {
  return (
    <div class="options" role="group" aria-label={label}>
      {options.map((o) => (
        <button key={String(o.value)} type="button" class="option" aria-pressed={now === undefined ? undefined : o.value === now} onClick={() => onPick(o.value)}>
          <span>{o.label}</span>
          {o.value === now && <Check />}
        </button>
      ))}
    </div>
  );
}
