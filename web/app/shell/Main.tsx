import { useEffect, useRef } from "preact/hooks";
import { Conversation } from "../conversation/Conversation";
import { Chats } from "../icons";
import { ArchivedPane } from "../list/ArchivedPane";
import { Asked } from "../list/Asked";
import { asked, beginning } from "../list/deeds";
import { ListPane } from "../list/ListPane";
import { NewConversation } from "../list/NewConversation";
import { RequestsPane } from "../list/RequestsPane";
import { SettingsPage } from "../settings/SettingsPage";
import { SettingsPane } from "../settings/SettingsPane";
import { openRoom, route, wide } from "../state";
import { t } from "../strings";
import { EmptyState } from "../ui";

/** Main is the page of somebody who is signed in: a list, and what is open from it. */
export function Main() {
  const now = route.value;
  const open = now.at === "chats" ? now.room : now.page || (wide.value ? "profile" : "");
  const covered = !wide.value && open !== "";
  useFocusBack(covered);
  useEffect(() => askNothing, []);
  return (
    <>
      {wide.value && <Skip />}
      <div class="shell">
        <div class="side" inert={covered} role={!wide.value && !open ? "main" : undefined}>
          <Side />
        </div>
        {open ? (
          <main id="main" class="rest" tabIndex={-1} key={now.at}>
            {now.at === "settings" ? <SettingsPage page={open} /> : <Conversation key={now.room} room={now.room} />}
          </main>
        ) : (
          <Nothing />
        )}
      </div>
      <Asked />
      {beginning.value && <NewConversation onClose={() => (beginning.value = false)} />}
    </>
  );
}

// askNothing takes away what was being asked: nobody is signed in any more.
function askNothing() {
  asked.value = null;
  beginning.value = false;
}

function Skip() {
  const jump = (event: Event) => {
    event.preventDefault();
    document.getElementById("main")?.focus();
  };
  return (
    <a class="skip" href="#main" onClick={jump}>
      {t("skip")}
    </a>
  );
}

function Side() {
  const now = route.value;
  if (now.at === "settings") return <SettingsPane />;
  if (now.folder === "requests") return <RequestsPane />;
  if (now.folder === "archived") return <ArchivedPane />;
  return <ListPane />;
}

function Nothing() {
  if (!wide.value) return null;
  return (
    <main id="main" class="rest nothing" tabIndex={-1}>
      <EmptyState icon={Chats} title={t("shell.pick")} text={t("shell.pickText")} />
    </main>
  );
}

// useFocusBack gives the focus back to the row of what was open, where that covered the list.
function useFocusBack(covered: boolean) {
  const last = useRef("");
  if (openRoom.value) last.current = openRoom.value;
  const was = useRef(covered);
  useEffect(() => {
    if (was.current && !covered) {
      document.querySelector<HTMLElement>(`[data-room="${CSS.escape(last.current)}"]`)?.focus({ preventScroll: true });
    }
    was.current = covered;
  }, [covered]);
}
