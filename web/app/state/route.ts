import { computed, effect, signal } from "@preact/signals";
import { read, write, type Folder, type Route } from "./address";
import { phase } from "./boot";

/** route is where the page is: change it with go. */
export const route = signal<Route>(read(location.hash));

/** openRoom is the URI of the conversation that is open, or ''. */
export const openRoom = computed(() => (route.value.at === "chats" ? route.value.room : ""));

/** Jump is a message that the open conversation shows, marked for a moment. */
export interface Jump {
  room: string;
  id: string;
}

/** jumpTo is the message to jump to; the conversation sets it to null when it has. */
export const jumpTo = signal<Jump | null>(jumpIn(route.value));

/** go goes to a place; replace leaves no step to come back by. */
export function go(to: Route, replace = false) {
  const address = write(to);
  if (address !== location.hash) {
    if (replace) history.replaceState(history.state, "", address);
    else history.pushState({ inside: true }, "", address);
  }
  arrive(to);
}

/** goToRoom opens a conversation, at a message if one is given, in the list that is shown. */
export function goToRoom(room: string, message = "") {
  const now = route.value;
  const folder = now.at === "chats" ? now.folder : "";
  go({ at: "chats", folder, room, message }, now.at === "chats" && now.room !== "");
}

/** goToList shows a list without a conversation. */
export function goToList(folder: Folder = "") {
  go({ at: "chats", folder, room: "", message: "" });
}

/** goToSettings shows the settings, or one of their pages. */
export function goToSettings(page = "") {
  go({ at: "settings", page });
}

/** up leaves what is open for what is above it: back in the history if it came from there. */
export function up() {
  const above = parent(route.value);
  if (history.state?.inside) history.back();
  else go(above, true);
}

/** leaveFolder goes from a list beside the main one back to that. */
export function leaveFolder() {
  if (openRoom.value) goToList();
  else up();
}

function parent(now: Route): Route {
  if (now.at === "settings" && now.page) return { at: "settings", page: "" };
  const folder = now.at === "chats" && now.room ? now.folder : "";
  return { at: "chats", folder, room: "", message: "" };
}

/** watchRoute follows the browser's back and forward, and leaves what was open when nobody is signed in any more. */
export function watchRoute() {
  addEventListener("popstate", () => arrive(read(location.hash)));
  effect(() => {
    if (phase.value === "none") go({ at: "chats", folder: "", room: "", message: "" }, true);
  });
}

function arrive(to: Route) {
  route.value = to;
  const jump = jumpIn(to);
  if (jump) jumpTo.value = jump;
}

function jumpIn(to: Route): Jump | null {
  return to.at === "chats" && to.message ? { room: to.room, id: to.message } : null;
}
