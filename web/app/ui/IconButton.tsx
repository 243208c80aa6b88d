import type { JSX } from "preact";
import type { Icon } from "../icons";
import "./button.css";

export interface IconButtonProps extends Omit<JSX.IntrinsicElements["button"], "size" | "icon" | "label" | "children"> {
  /** What it does, in words: its name, and its tooltip. */
  label: string;
  icon: Icon;
  /** Rem; 1.375 where it isn't said. */
  size?: number;
  kind?: "plain" | "accent";
  small?: boolean;
  /** A switch that is on. */
  on?: boolean;
  /** A number in its corner, if there is one. */
  count?: number;
}

/** IconButton is a round button without words; Tooltips shows its label. */
export function IconButton({ label, icon: Picture, size = 1.375, kind, small, on, count, class: extra, ...rest }: IconButtonProps) {
  const names = ["icon-button", kind, small && "small", on && "on", extra].filter(Boolean).join(" ");
  return (
    <button type="button" class={names} aria-label={label} data-tip={label} aria-pressed={on === undefined ? undefined : on} {...rest}>
      <Picture size={small ? size * 0.85 : size} />
      {!!count && <Count n={count} />}
    </button>
  );
}

/** Count is a small number in a pill: more than 99 are "99+". Screen readers get it from the words beside. */
export function Count({ n, calm }: { n: number; calm?: boolean }) {
  return (
    <span class={calm ? "count calm" : "count"} aria-hidden="true">
      {n > 99 ? "99+" : n}
    </span>
  );
}
