// Where the page is, kept in the address behind its #: that part is never sent to
// a server.
//
//	#/                     the list            #/settings            the settings
//	#/c/ROOM               a conversation      #/settings/devices    one of their pages
//	#/c/ROOM/m/ID          a message in it
//	#/requests[/c/ROOM…]   the requests        #/archived[/c/ROOM…]  what was put away

/** A Folder is a list of conversations. */
export type Folder = "" | "requests" | "archived";

/** A Route is one place. room and message are '' where there is none. */
export type Route = { at: "chats"; folder: Folder; room: string; message: string } | { at: "settings"; page: string };

/** read is the place that an address names: the list for what is none. */
export function read(hash: string): Route {
  const [first = "", ...rest] = hash
    .replace(/^#?\/?/, "")
    .split("/")
    .map(decode);
  if (first === "settings") return { at: "settings", page: rest[0] ?? "" };
  const folder: Folder = first === "requests" || first === "archived" ? first : "";
  const [c, room = "", m, message = ""] = folder ? rest : [first, ...rest];
  if (c !== "c") return { at: "chats", folder, room: "", message: "" };
  return { at: "chats", folder, room, message: m === "m" ? message : "" };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

/** write is the address of a place. */
export function write(to: Route): string {
  const parts = to.at === "settings" ? ["settings", to.page] : [to.folder, ...inRoom(to.room, to.message)];
  return `#/${parts.filter(Boolean).map(encodeURIComponent).join("/")}`;
}

function inRoom(room: string, message: string): string[] {
  if (!room) return [];
  return message ? ["c", room, "m", message] : ["c", room];
}
