import type { ComponentChildren, JSX } from "preact";
import type { Icon } from "../icons";
import { Spinner } from "./Spinner";
import "./button.css";

export interface ButtonProps extends Omit<JSX.IntrinsicElements["button"], "size" | "icon"> {
  kind?: "primary" | "plain" | "quiet" | "danger" | "danger-quiet";
  small?: boolean;
  /** As wide as what holds it. */
  whole?: boolean;
  /** Work is under way: it can't be pressed, and turns. */
  busy?: boolean;
  icon?: Icon;
  children: ComponentChildren;
}

/** Button is a pill with words. Its type is "button" unless it is said. */
export function Button({ kind = "plain", small, whole, busy, icon: Picture, children, class: extra, disabled, ...rest }: ButtonProps) {
  const names = ["button", kind, small && "small", whole && "whole", extra].filter(Boolean).join(" ");
  return (
    <button type="button" class={names} disabled={disabled || busy} aria-busy={busy ? "true" : undefined} {...rest}>
      {busy ? <Spinner /> : Picture && <Picture size={small ? 1 : 1.125} />}
      {children}
    </button>
  );
}
