import { useId } from "preact/hooks";
import { Options } from "../dialogs/Options";
import { t } from "../strings";
import { Switch } from "../ui";
import { categories, type Draft } from "./report";

/** Why asks what a report is about, for a note, and whether to block as well. */
export function Why({ draft, onDraft, most }: { draft: Draft; onDraft: (draft: Draft) => void; most: number }) {
  const id = useId();
  const options = categories.map((value) => ({ value, label: t(`report.category.${value}`) }));
  return (
    <>
      <Options label={t("report.title.why")} options={options} {...(draft.category ? { now: draft.category } : {})} onPick={(category) => onDraft({ ...draft, category })} />
      <div class="field">
        <label for={id}>{t("report.note")}</label>
        <textarea id={id} class="report-note" rows={3} maxLength={Math.floor(most / 4)} dir="auto" value={draft.note} onInput={(e) => onDraft({ ...draft, note: e.currentTarget.value })} />
      </div>
      <Switch label={t("report.block")} hint={t("report.blockHint")} on={draft.block} onChange={(block) => onDraft({ ...draft, block })} />
    </>
  );
}
