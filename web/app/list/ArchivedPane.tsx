import { Archive, Back } from "../icons";
import { archived, leaveFolder } from "../state";
import { t } from "../strings";
import { EmptyState, IconButton } from "../ui";
import { RoomList } from "./RoomList";

/** ArchivedPane is the list of what was put away. */
export function ArchivedPane() {
  return (
    <section class="pane" aria-label={t("list.archived")}>
      <header class="pane-head sub">
        <IconButton label={t("back")} icon={Back} onClick={leaveFolder} />
        <h1>{t("list.archived")}</h1>
      </header>
      {archived.value.length ? (
        <RoomList lines={archived.value} folder="archived" />
      ) : (
        <div class="fill">
          <EmptyState icon={Archive} title={t("list.archivedEmpty")} text={t("list.archivedEmptyText")} />
        </div>
      )}
    </section>
  );
}
