import type { Message } from "../../lib/core";
import { Timer } from "../icons";
import { Ticks } from "../list/Ticks";
import { t } from "../strings";
import { clock, dateAndClock } from "../strings/dates";
import { fromNow } from "./durations";

/** Meta is the small print of a bubble: edited, when it disappears, its time, how far it has come. */
export function Meta({ m }: { m: Message }) {
  const timed = m.expires_ms > 0 || m.timer_s > 0;
  const when = m.expires_ms > 0 ? t("conversation.expires", { when: fromNow(m.expires_ms) }) : t("conversation.timed");
  return (
    <span class="meta" aria-hidden="true">
      <span dir={document.documentElement.dir === "rtl" ? "rtl" : "ltr"}>
        {m.edited && !m.unsent && <span>{t("conversation.edited")}</span>}
        {timed && (
          <span data-tip={when}>
            <Timer size={0.8125} />
          </span>
        )}
        <time title={dateAndClock(m.at_ms)}>{clock(m.at_ms)}</time>
        {m.own && !m.unsent && <Ticks state={m.state} />}
      </span>
    </span>
  );
}
