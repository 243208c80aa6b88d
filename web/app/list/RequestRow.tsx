import type { RoomLine } from "../../lib/core";
import { Block } from "../icons";
import { t } from "../strings";
import { Button, IconButton } from "../ui";
import { RoomRow, RoomWords } from "./RoomRow";

export interface RequestRowProps {
  line: RoomLine;
  /** While some are selected: whether this one is. */
  chosen?: boolean;
  /** An answer is under way. */
  busy: boolean;
  onToggle: () => void;
  onAccept: () => void;
  onDelete: () => void;
  onBlock: () => void;
}

/** RequestRow is a request with its three answers, or, while some are selected, with a box to tick. */
export function RequestRow({ line, chosen, busy, onToggle, onAccept, onDelete, onBlock }: RequestRowProps) {
  if (chosen !== undefined) {
    return (
      <li>
        <label class={chosen ? "room chosen" : "room"}>
          <input
            type="checkbox"
            class="tick-box"
            checked={chosen}
            onChange={onToggle}
            aria-label={t("requests.selectOne", { title: line.title })}
          />
          <RoomWords line={line} />
        </label>
      </li>
    );
  }
  return (
    <li class="request">
      <RoomRow line={line} folder="requests" stop />
      <div class="request-deeds">
        <Button kind="primary" small disabled={busy} onClick={onAccept} aria-label={`${t("requests.accept")}: ${line.title}`}>
          {t("requests.accept")}
        </Button>
        <Button small disabled={busy} onClick={onDelete} aria-label={`${t("delete")}: ${line.title}`}>
          {t("delete")}
        </Button>
        {line.direct && <IconButton small label={t("list.block", { name: line.title })} icon={Block} onClick={onBlock} />}
      </div>
    </li>
  );
}
