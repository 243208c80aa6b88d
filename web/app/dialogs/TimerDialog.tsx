import type { Room } from "../../lib/core";
import { duration } from "../conversation/durations";
import { core, worked } from "../state";
import { t } from "../strings";
import { Dialog } from "../ui";
import { Options } from "./Options";

const choices = [0, 30, 300, 3600, 8 * 3600, 86_400, 7 * 86_400, 28 * 86_400];

/** TimerDialog sets after which time messages disappear once they're read, for everyone. */
export function TimerDialog({ info, onClose }: { info: Room; onClose: () => void }) {
  const all = choices.includes(info.timer_s) ? choices : [...choices, info.timer_s].sort((a, b) => a - b);
  const pick = async (seconds: number) => {
    onClose();
    if (seconds !== info.timer_s) await worked(core.setRoom({ room: info.room, timer_s: seconds }));
  };
  return (
    <Dialog title={t("timer.title")} onClose={onClose} width="narrow">
      <p class="options-text">{t("timer.text")}</p>
      <Options
        label={t("timer.title")}
        options={all.map((s) => ({ value: s, label: s === 0 ? t("timer.off") : t("timer.after", { time: duration(s) }) }))}
        now={info.timer_s}
        onPick={(s) => void pick(s)}
      />
    </Dialog>
  );
}
