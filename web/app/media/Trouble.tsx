import { t } from "../strings";
import { Retry } from "../icons";
import type { Held, Loading } from "./loaded";

/** Trouble is a calm line where an attachment couldn't be shown. */
export function Trouble({ state, again }: { state: Loading; again: Held["again"] }) {
  if (state.is === "failed") {
    return (
      <button type="button" class="media-trouble" onClick={(e) => (e.stopPropagation(), again())}>
        <Retry size={1} /> {t("media.notLoaded")}
      </button>
    );
  }
  if (state.is === "gone") return <span class="media-trouble">{t("media.gone")}</span>;
  if (state.is === "opened") return <span class="media-trouble">{t("media.onceOpened")}</span>;
  if (state.is === "unfit") return <span class="media-trouble">{t("media.notShown")}</span>;
  return null;
}
