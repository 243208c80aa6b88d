import { typing } from "../state";
import { t } from "../strings";
import { Avatar } from "../ui";
import { faceOf } from "../list/faces";
import { useView } from "./view";

/** TypingRow is three dots at the end while somebody writes. */
export function TypingRow() {
  const view = useView();
  const writers = typing.value.get(view.thread.room) ?? [];
  if (writers.length === 0 || view.thread.window.value.newer) return null;
  const people = writers.flatMap((account) => view.people.value.get(account) ?? []);
  const words =
    people.length === 1 ? t("conversation.isTyping", { name: people[0]?.display ?? "" }) : t("conversation.areTyping", { n: writers.length });
  return (
    <div class="typing-row">
      {!view.direct.value && people[0] && <Avatar {...faceOf(people[0])} size="s" />}
      <span class="bubble dots" role="img" aria-label={words}>
        <span />
        <span />
        <span />
      </span>
    </div>
  );
}
