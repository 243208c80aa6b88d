import { Info } from "../icons";
import { goToSettings, route } from "../state";
import { t } from "../strings";
import { date } from "../strings/dates";
import { Button, Count, Note } from "../ui";
import { notices } from "./notices";
import "./notices.css";

/** Standing says calmly that the account is limited or suspended, and what one may still do; nothing in good standing. */
export function Standing() {
  const all = notices.value;
  if (!all || all.state === "") return null;
  const until = all.until_ms ? t("notices.until", { date: date(all.until_ms) }) : "";
  const there = route.value.at === "settings" && route.value.page === "notices";
  return (
    <div class="standing">
      <Note kind="warn">
        <strong>{t(all.state === "suspended" ? "notices.suspended" : "notices.limited")}</strong> {until}
        <p>{t(all.state === "suspended" ? "notices.suspendedText" : "notices.limitedText")}</p>
        {!there && (
          <Button small onClick={() => goToSettings("notices")}>
            {t("notices.why")}
          </Button>
        )}
      </Note>
    </div>
  );
}

/** NoticeRow leads to notices that weren't read yet. */
export function NoticeRow() {
  const n = notices.value?.unread ?? 0;
  if (n === 0) return null;
  return (
    <button type="button" class="folder-row" onClick={() => goToSettings("notices")}>
      <span class="folder-sign accent">
        <Info />
      </span>
      <span class="folder-words">
        <b>{t("notices.title")}</b>
        <span>{t("notices.unread", { n })}</span>
      </span>
      <Count n={n} />
    </button>
  );
}
