import { useState } from "preact/hooks";
import type { Room } from "../../lib/core";
import { core, worked } from "../state";
import { t } from "../strings";
import { Confirm } from "../ui";

/** LeaveQuestion asks before one leaves a group. */
export function LeaveQuestion({ info, onClose }: { info: Room; onClose: () => void }) {
  const [busy, setBusy] = useState(false);
  const yes = async () => {
    setBusy(true);
    await worked(core.leave({ room: info.room }));
    setBusy(false);
    onClose();
  };
  return (
    <Confirm title={t("groups.leaveTitle")} text={t("groups.leaveText")} yes={t("groups.leaveDo")} danger busy={busy} onYes={() => void yes()} onClose={onClose} />
  );
}
