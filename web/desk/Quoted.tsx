import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { visible } from "./hidden";

interface QuotedProps {
  text: string;
  class?: string;
  /** Who says it, for who doesn't see where it stands. */
  from?: string;
}

/**
 * Quoted is what somebody outside of the desk wrote: text, never markup and never a
 * link. What can't be seen in it is named; what is long scrolls in its own box, which
 * the keyboard reaches.
 */
export function Quoted({ text, class: extra, from }: QuotedProps) {
  const ref = useRef<HTMLParagraphElement>(null);
  const [long, setLong] = useState(false);
  useLayoutEffect(() => {
    const box = ref.current;
    if (box) setLong(box.scrollHeight > box.clientHeight + 1);
  }, [text]);
  const scrolls = long ? { tabIndex: 0, role: "group" as const, "aria-label": from ?? "Long text" } : {};
  return (
    <p ref={ref} class={["words-of scroll", extra].filter(Boolean).join(" ")} dir="auto" {...scrolls}>
      {from && <span class="unseen">{from}: </span>}
      {visible(text)}
    </p>
  );
}
