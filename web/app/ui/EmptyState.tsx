import type { ComponentChildren } from "preact";
import type { Icon } from "../icons";
import { Alert, Check, Info } from "../icons";
import "./feedback.css";

export interface EmptyStateProps {
  icon: Icon;
  title: string;
  text?: ComponentChildren;
  /** A Button, if something can be done about it. */
  children?: ComponentChildren;
}

/** EmptyState fills a place where nothing is yet, and says what would be there. */
export function EmptyState({ icon: Picture, title, text, children }: EmptyStateProps) {
  return (
    <div class="empty">
      <div class="sign">
        <Picture size={2.25} />
      </div>
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {children}
    </div>
  );
}

export interface NoteProps {
  kind?: "info" | "good" | "warn" | "danger";
  /** It says what came of something that was just done: it is said aloud. */
  urgent?: boolean;
  children: ComponentChildren;
}

/** Note is a paragraph that is set apart: something good to know, or that asks for care. */
export function Note({ kind = "info", urgent, children }: NoteProps) {
  const Picture = kind === "good" ? Check : kind === "info" ? Info : Alert;
  return (
    <div class={`note ${kind}`} role={urgent ? "alert" : undefined}>
      <Picture size={1.125} />
      <div>{children}</div>
    </div>
  );
}
