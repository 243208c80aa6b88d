import type { Message } from "../../lib/core";
import { t } from "../strings";
import { dayName } from "../strings/dates";
import { Notice } from "./Notice";
import { Folded } from "./Folded";
import { bubble, type Place } from "./grouping";
import { MessageRow } from "./MessageRow";
import { Start } from "./Start";
import { useView } from "./view";
import { keyOf } from "./window";

export interface LineProps {
  m: Message;
  place: Place;
  /** It shows its time and how far it has come. */
  marked: boolean;
  /** The conversation begins with it. */
  start: boolean;
}

/** Line is a line of the conversation, with what stands above it: the day, "new messages". */
export function Line({ m, place, marked, start }: LineProps) {
  const view = useView();
  const folded = view.folds(m);
  const classes = ["line", folded && "folded", m.own && "own", place.first && "first", place.last && "last", (folded || !bubble(m)) && "calm", view.flashing.value === keyOf(m) && "flash"];
  return (
    <div class={classes.filter(Boolean).join(" ")}>
      {start && <Start />}
      {place.day && (
        <div class="day" role="separator" aria-label={dayName(m.at_ms)}>
          <span>{dayName(m.at_ms)}</span>
        </div>
      )}
      {place.fresh && (
        <div class="fresh" role="separator" aria-label={t("conversation.new")}>
          <span>{t("conversation.new")}</span>
        </div>
      )}
      {folded ? !place.again && <Folded m={m} /> : bubble(m) ? <MessageRow m={m} place={place} marked={marked} /> : <Notice m={m} />}
    </div>
  );
}
