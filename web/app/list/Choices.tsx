import { Close } from "../icons";
import { t } from "../strings";
import { Avatar, moveAmong } from "../ui";
import { faceOf } from "./faces";
import type { Choice } from "./people";

function face(choice: Choice) {
  return choice.person ? faceOf(choice.person) : { id: choice.name, name: choice.display };
}

/** Chips are the people who are chosen; a press takes one away. */
export function Chips({ chosen, onRemove }: { chosen: Choice[]; onRemove: (one: Choice) => void }) {
  if (chosen.length === 0) return null;
  return (
    <ul class="chips" aria-label={t("new.chosen")}>
      {chosen.map((one) => (
        <li key={one.name}>
          <button type="button" class="chip" onClick={() => onRemove(one)}>
            <Avatar {...face(one)} size="xs" />
            <span class="unseen">{t("new.removeOne", { name: one.display })}</span>
            <bdi aria-hidden="true">{one.display}</bdi>
            <Close size={0.875} />
          </button>
        </li>
      ))}
    </ul>
  );
}

/** Suggestions are people to choose; the arrows move among them. */
export function Suggestions({ choices, onChoose }: { choices: Choice[]; onChoose: (one: Choice) => void }) {
  if (choices.length === 0) return null;
  return (
    <div onKeyDown={(event) => moveAmong(event, event.currentTarget, ".person-row")}>
      {choices.some((one) => one.person) && <h3 class="small-head">{t("new.suggested")}</h3>}
      <ul>
        {choices.map((one) => (
          <li key={one.name}>
            <button type="button" class="person-row" onClick={() => onChoose(one)}>
              <Avatar {...face(one)} size="m" />
              <span class="folder-words">
                <bdi class="one-line">{one.person ? one.display : t("new.add", { name: `@${one.name}` })}</bdi>
                {one.person && (
                  <span class="one-line">
                    <bdi>@{one.name}</bdi>
                  </span>
                )}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
