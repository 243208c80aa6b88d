import type { ReportPreview } from "../../lib/core";
import { t } from "../strings";
import { Said } from "./Choose";
import type { Draft } from "./report";

/** Check shows exactly what will leave this device, to whom, and what goes along with it. */
export function Check({ of, draft }: { of: ReportPreview; draft: Draft }) {
  return (
    <>
      <p>{t("report.checkText", { desk: of.desk, name: of.about.display })}</p>
      <ul class="reported leaving" aria-label={t("report.leaving")}>
        {of.messages.map((m) => (
          <li key={m.id}>
            <Said m={m} people={of.people} />
          </li>
        ))}
      </ul>
      {of.missing > 0 && <p class="options-text">{t("report.missing", { n: of.missing })}</p>}
      <h3 class="small-head">{t("report.along")}</h3>
      <ul class="report-along">
        <li>{t("report.alongCategory", { category: t(`report.category.${draft.category || "other"}`) })}</li>
        {draft.note.trim() && (
          <li>
            {t("report.alongNote")} <bdi>{draft.note.trim()}</bdi>
          </li>
        )}
        <li>{t("report.alongYou")}</li>
        {of.signed > 0 && <li>{t("report.alongSigned")}</li>}
        {of.lists.length > 0 && <li>{t("report.alongLists")}</li>}
        {of.messages.some((m) => m.attachments.length > 0) && <li>{t("report.alongMedia")}</li>}
      </ul>
      <p class="options-text">{t("report.nothingElse", { name: of.about.display })}</p>
    </>
  );
}
