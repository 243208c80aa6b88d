import type { RefObject } from "preact";
import { useEffect, useId, useLayoutEffect, useState } from "preact/hooks";
import { useView } from "../conversation/view";
import { faceOf } from "../list/faces";
import { t } from "../strings";
import { Avatar } from "../ui";
import type { Completion } from "./completion";

export interface CompletionsProps {
  completion: Completion;
  field: RefObject<HTMLTextAreaElement | null>;
  onChoose: (i: number) => void;
  onClose: () => void;
}

/** Completions is the list above the field while something may be completed. The focus stays in the field: arrows move, Enter and Tab choose, Esc closes. */
export function Completions({ completion, field, onChoose, onClose }: CompletionsProps) {
  const view = useView();
  const id = useId();
  const [at, setAt] = useState(0);
  const n = completion.items.length;
  const now = Math.min(at, n - 1);
  useEffect(() => setAt(0), [completion.key]);
  // At once, both ways: keys that are pressed meanwhile, or after the list has gone, mean the right thing.
  useLayoutEffect(() => {
    const box = field.current;
    if (!box) return;
    const keys = (e: KeyboardEvent) => {
      if (e.isComposing) return;
      if (e.key === "ArrowDown") setAt((now + 1) % n);
      else if (e.key === "ArrowUp") setAt((now + n - 1) % n);
      else if ((e.key === "Enter" && !e.shiftKey) || e.key === "Tab") onChoose(now);
      else if (e.key === "Escape") onClose();
      else return;
      e.preventDefault();
      e.stopImmediatePropagation();
    };
    box.addEventListener("keydown", keys, true);
    box.setAttribute("aria-controls", id);
    box.setAttribute("aria-activedescendant", `${id}-${now}`);
    return () => {
      box.removeEventListener("keydown", keys, true);
      box.removeAttribute("aria-controls");
      box.removeAttribute("aria-activedescendant");
    };
  }, [completion, now]);
  return (
    <ul id={id} class="completions" role="listbox" aria-label={t(completion.kind === "people" ? "composer.mentions" : "composer.emojiNames")}>
      {completion.items.map((item, i) => {
        const person = item.account ? view.people.value.get(item.account) : undefined;
        return (
          <li
            key={item.insert}
            id={`${id}-${i}`}
            role="option"
            aria-selected={i === now}
            onPointerDown={(e) => {
              e.preventDefault();
              onChoose(i);
            }}
            onPointerEnter={() => setAt(i)}
          >
            {person && <Avatar {...faceOf(person)} size="xs" />}
            {item.emoji && <span class="emoji">{item.emoji}</span>}
            <bdi class="one-line">{item.label}</bdi>
            <span class="completion-about one-line">{item.about}</span>
          </li>
        );
      })}
    </ul>
  );
}
