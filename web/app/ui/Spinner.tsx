import "./spinner.css";

/** Spinner turns while something is under way. What holds it says so in words. */
export function Spinner({ large }: { large?: boolean }) {
  return <span class={large ? "spinner large" : "spinner"} aria-hidden="true" />;
}

/** Skeleton stands where something will be: a line, or the circle of a picture. */
export function Skeleton({ shape = "w70" }: { shape?: "circle" | "w40" | "w70" }) {
  return <span class={`skeleton ${shape}`} aria-hidden="true" />;
}
