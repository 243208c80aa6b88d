import { beginning } from "../list/deeds";
import { endSearch, sought } from "../search/sought";
import { focusSearch } from "../search/SearchBox";
import { active, archived, goToList, goToRoom, openRoom, phase, route, up, wide } from "../state";

/**
 * watchKeys listens for the keys that work everywhere: Ctrl or Cmd+K searches,
 * Alt+Up and Alt+Down go through the conversations, Alt+N begins one, Esc leaves.
 * A view that uses one of them itself prevents its default.
 */
export function watchKeys() {
  addEventListener("keydown", (event) => {
    if (event.defaultPrevented || phase.value !== "ready" || document.querySelector("dialog[open]")) return;
    if (deed(event)) event.preventDefault();
  });
}

function deed(event: KeyboardEvent): boolean {
  const { key, altKey, shiftKey } = event;
  const command = event.ctrlKey || event.metaKey;
  if (command && !altKey && !shiftKey && key.toLowerCase() === "k") return search();
  if (altKey && !command && key === "ArrowDown") return step(1);
  if (altKey && !command && key === "ArrowUp") return step(-1);
  if (altKey && !command && event.code === "KeyN") return (beginning.value = true);
  if (key === "Escape" && !altKey && !command) return leave();
  return false;
}

function search(): boolean {
  const now = route.value;
  const covered = !wide.value && openRoom.value !== "";
  if (now.at === "settings" || now.folder || covered) goToList();
  if (covered)
    setTimeout(focusSearch); // it can't be reached while something is in front of it
  else focusSearch();
  return true;
}

function step(by: number): boolean {
  const now = route.value;
  const lines = now.at === "chats" && now.folder === "archived" ? archived.value : active.value;
  const at = lines.findIndex((line) => line.room === openRoom.value);
  const next = lines[at < 0 ? (by > 0 ? 0 : lines.length - 1) : at + by];
  if (next) goToRoom(next.room);
  return true;
}

function leave(): boolean {
  const now = route.value;
  if (sought.value) endSearch();
  else if (now.at === "settings" && wide.value) goToList();
  else if (now.at === "settings" || now.room || now.folder) up();
  else return false;
  return true;
}
