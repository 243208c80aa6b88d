import type { Person, Reportables, ReportedMessage } from "../../lib/core";
import { Check } from "../icons";
import { mediaText } from "../media/words";
import { t } from "../strings";
import { clock, dayName } from "../strings/dates";
import { Button } from "../ui";
import type { Draft } from "./report";
import { whole } from "./whole";

interface Props {
  all: Reportables;
  draft: Draft;
  onDraft: (draft: Draft) => void;
  days: number;
}

/** Choose asks which messages are to be reported. Also those that were edited, taken back or viewed are there, for some days. */
export function Choose({ all, draft, onDraft, days }: Props) {
  const toggle = (id: string) => {
    const chosen = new Set(draft.chosen);
    if (!chosen.delete(id)) chosen.add(id);
    onDraft({ ...draft, chosen });
  };
  const everyone = whole(all.messages);
  const every = draft.chosen.size >= everyone.size;
  return (
    <>
      <p class="options-text">{t("report.chooseText", { n: days })}</p>
      {all.messages.length === 0 && <p>{t("report.nothing", { n: days })}</p>}
      {all.messages.length > 1 && (
        <Button small onClick={() => onDraft({ ...draft, chosen: every ? new Set<string>() : everyone })}>
          {t(every ? "report.none" : "report.all")}
        </Button>
      )}
      <ul class="reported" aria-label={t("report.messages")}>
        {all.messages.map((m) => (
          <li key={m.id}>
            <button type="button" class="option" role="checkbox" aria-checked={draft.chosen.has(m.id)} onClick={() => toggle(m.id)}>
              <Said m={m} people={all.people} />
              <span class={draft.chosen.has(m.id) ? "tick-box on" : "tick-box"}>{draft.chosen.has(m.id) && <Check size={0.875} />}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}

/** Said is a message as it was sent. */
export function Said({ m, people }: { m: ReportedMessage; people: Person[] }) {
  const who = people.find((p) => p.account === m.from);
  const media = mediaText(m.media);
  return (
    <span class="reported-words">
      <span class="reported-who">
        <bdi>{who?.own ? t("you") : (who?.display ?? m.from)}</bdi> · {dayName(m.at_ms)} {clock(m.at_ms)}
        {m.kind !== "text" && ` · ${t(kindKey(m.kind))}`}
      </span>
      {media && <span class="reported-media">{media}</span>}
      {m.text && <bdi class="reported-text">{m.text}</bdi>}
    </span>
  );
}

function kindKey(kind: string) {
  switch (kind) {
    case "edit": return "report.kind.edit";
    case "unsend": return "report.kind.unsend";
    case "reaction": return "report.kind.reaction";
    default: return "report.kind.other";
  }
}
