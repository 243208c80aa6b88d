import { Archive, Chats, Compose, Inbox, Next, Settings } from "../icons";
import { NoticeRow, Standing } from "../notices/Standing";
import { Connection } from "../shell/Connection";
import { Results } from "../search/Results";
import { SearchBox } from "../search/SearchBox";
import { sought } from "../search/sought";
import { active, archived, goToList, goToSettings, requests, rooms } from "../state";
import { t } from "../strings";
import { Button, Count, EmptyState, IconButton, Skeleton } from "../ui";
import { beginning } from "./deeds";
import { RoomList } from "./RoomList";
import "./pane.css";

/** ListPane is the list of conversations with what stands above it. */
export function ListPane() {
  return (
    <section class="pane" aria-label={t("shell.chats")}>
      <header class="pane-head">
        <h1>{t("shell.chats")}</h1>
        <IconButton label={t("shell.settings")} icon={Settings} onClick={() => goToSettings()} />
        <IconButton label={t("list.new")} icon={Compose} kind="accent" size={1.25} onClick={() => (beginning.value = true)} />
      </header>
      <SearchBox />
      <Connection />
      <Standing />
      <NoticeRow />
      {sought.value ? <Results /> : <Lists />}
    </section>
  );
}

function Lists() {
  if (!rooms.value) return <Waiting />;
  if (active.value.length === 0 && archived.value.length === 0 && requests.value.length === 0) return <Nothing />;
  return <RoomList lines={active.value} folder="" head={<RequestsRow />} foot={<ArchivedRow />} />;
}

function Nothing() {
  return (
    <div class="fill">
      <EmptyState icon={Chats} title={t("list.empty")} text={t("list.emptyText")}>
        <Button kind="primary" icon={Compose} onClick={() => (beginning.value = true)}>
          {t("list.new")}
        </Button>
      </EmptyState>
    </div>
  );
}

function RequestsRow() {
  const n = requests.value.length;
  if (n === 0) return null;
  return (
    <button type="button" class="folder-row" onClick={() => goToList("requests")}>
      <span class="folder-sign accent">
        <Inbox />
      </span>
      <span class="folder-words">
        <b>{t("list.requests")}</b>
        <span>{t("list.requestsCount", { n })}</span>
      </span>
      <Count n={n} />
    </button>
  );
}

function ArchivedRow() {
  const n = archived.value.length;
  if (n === 0) return null;
  return (
    <button type="button" class="folder-row" onClick={() => goToList("archived")}>
      <span class="folder-sign">
        <Archive />
      </span>
      <span class="folder-words">
        <b>{t("list.archived")}</b>
      </span>
      <Count n={n} calm />
      <Next size={1} />
    </button>
  );
}

/** Waiting stands for the list until it was read. */
export function Waiting() {
  return (
    <div class="fill rooms" role="status">
      <span class="unseen">{t("list.loading")}</span>
      {Array.from({ length: 9 }, (_, i) => (
        <div key={i} class="room-waiting">
          <Skeleton shape="circle" />
          <div class="lines">
            <Skeleton shape="w40" />
            <Skeleton shape="w70" />
          </div>
        </div>
      ))}
    </div>
  );
}
