import { useState } from "preact/hooks";
import type { RoomLine } from "../../lib/core";
import { Back, Inbox } from "../icons";
import { leaveFolder, requests } from "../state";
import { t } from "../strings";
import { Button, Confirm, EmptyState, IconButton, toast } from "../ui";
import { accept, block, remove } from "./deeds";
import { RequestRow } from "./RequestRow";
import "./requests.css";

type Deed = "accept" | "delete" | "block";

/** RequestsPane is what strangers wrote, to accept, delete or block, one by one or together. */
export function RequestsPane() {
  const [ticked, setChosen] = useState<ReadonlySet<string> | null>(null);
  const [asking, ask] = useState<{ deed: Deed; lines: RoomLine[] } | null>(null);
  const [busy, setBusy] = useState(false);
  const lines = requests.value;
  const chosen = lines.length > 0 ? ticked : null;
  const picked = lines.filter((line) => chosen?.has(line.room));

  const act = async (deed: Deed, some: RoomLine[]) => {
    setBusy(true);
    if (await done(deed, some)) setChosen(null);
    setBusy(false);
    ask(null);
  };
  const want = (deed: Deed, some: RoomLine[]) => (deed === "accept" ? void act(deed, some) : ask({ deed, lines: some }));
  const toggle = (room: string) => {
    const next = new Set(chosen);
    if (!next.delete(room)) next.add(room);
    setChosen(next);
  };
  return (
    <section class="pane" aria-label={t("list.requests")}>
      <header class="pane-head sub">
        <IconButton label={t("back")} icon={Back} onClick={leaveFolder} />
        <h1>{chosen ? t("requests.selected", { n: picked.length }) : t("requests.title")}</h1>
        {lines.length > 0 && (
          <Button kind="quiet" small onClick={() => setChosen(chosen ? null : new Set())}>
            {chosen ? t("done") : t("requests.select")}
          </Button>
        )}
      </header>
      {lines.length === 0 ? (
        <div class="fill">
          <EmptyState icon={Inbox} title={t("requests.empty")} text={t("requests.emptyText")} />
        </div>
      ) : (
        <>
          <p class="pane-about">{t("requests.about")}</p>
          <ul class="fill scroll requests">
            {lines.map((line) => (
              <RequestRow
                key={line.room}
                line={line}
                busy={busy}
                chosen={chosen ? chosen.has(line.room) : undefined}
                onToggle={() => toggle(line.room)}
                onAccept={() => want("accept", [line])}
                onDelete={() => want("delete", [line])}
                onBlock={() => want("block", [line])}
              />
            ))}
          </ul>
        </>
      )}
      {chosen && (
        <BulkBar
          picked={picked}
          busy={busy}
          onAll={() => setChosen(new Set(lines.map((line) => line.room)))}
          onDeed={(deed) => want(deed, picked)}
        />
      )}
      {asking && <Ask {...asking} busy={busy} onYes={() => void act(asking.deed, asking.lines)} onClose={() => ask(null)} />}
    </section>
  );
}

async function done(deed: Deed, lines: RoomLine[]): Promise<boolean> {
  const n = lines.length;
  if (deed === "accept") {
    const ok = await accept(lines.map((line) => line.room));
    if (ok) toast(t("requests.accepted", { n }));
    return ok;
  }
  const ok = deed === "delete" ? await remove(lines.map((line) => line.room)) : await block(lines);
  if (ok) toast(t(deed === "delete" ? "requests.deleted" : "requests.blocked", { n }));
  return ok;
}

interface BulkBarProps {
  picked: RoomLine[];
  busy: boolean;
  onAll: () => void;
  onDeed: (deed: Deed) => void;
}

// A group has nobody to block: with one among those picked they can be accepted or deleted.
function BulkBar({ picked, busy, onAll, onDeed }: BulkBarProps) {
  const none = busy || picked.length === 0;
  return (
    <footer class="bulk">
      <Button kind="quiet" small onClick={onAll}>
        {t("requests.all")}
      </Button>
      <span class="fill" />
      <Button kind="danger-quiet" small disabled={none || !picked.every((line) => line.direct)} onClick={() => onDeed("block")}>
        {t("block")}
      </Button>
      <Button small disabled={none} onClick={() => onDeed("delete")}>
        {t("delete")}
      </Button>
      <Button kind="primary" small disabled={none} onClick={() => onDeed("accept")}>
        {t("requests.accept")}
      </Button>
    </footer>
  );
}

interface AskProps {
  deed: Deed;
  lines: RoomLine[];
  busy: boolean;
  onYes: () => void;
  onClose: () => void;
}

function Ask({ deed, lines, busy, onYes, onClose }: AskProps) {
  const n = lines.length;
  return (
    <Confirm
      title={t(deed === "delete" ? "requests.deleteTitle" : "requests.blockTitle", { n })}
      text={t(deed === "delete" ? "requests.deleteText" : "list.blockText")}
      yes={t(deed === "delete" ? "delete" : "block")}
      danger
      busy={busy}
      onYes={onYes}
      onClose={onClose}
    />
  );
}
