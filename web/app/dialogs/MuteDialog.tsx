import type { Room } from "../../lib/core";
import { core, worked } from "../state";
import { t } from "../strings";
import { Dialog } from "../ui";
import { Options } from "./Options";

const hour = 3600_000;

/** MuteDialog asks for how long a conversation may not notify. */
export function MuteDialog({ info, onClose }: { info: Room; onClose: () => void }) {
  const pick = async (ms: number) => {
    onClose();
    await worked(core.setRoom({ room: info.room, muted_ms: ms < 0 ? -1 : Date.now() + ms }));
  };
  const options = [
    { value: hour, label: t("mute.hours", { n: 1 }) },
    { value: 8 * hour, label: t("mute.hours", { n: 8 }) },
    { value: 7 * 24 * hour, label: t("mute.days", { n: 7 }) },
    { value: -1, label: t("mute.always") },
  ];
  return (
    <Dialog title={t("mute.title")} onClose={onClose} width="narrow">
      <p class="options-text">{t("mute.text")}</p>
      <Options label={t("mute.title")} options={options} onPick={(ms) => void pick(ms)} />
    </Dialog>
  );
}
