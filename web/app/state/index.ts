// What all views share: signals, and what changes them. The page keeps nothing of
// its own; a signal holds what a call of the core returned last.
export type { Folder, Route } from "./address";
export { onceMore } from "./again";
export { account, boot, connection, phase } from "./boot";
export { attempt, codeOf, core, explain, worked } from "./core";
export { announce } from "./live";
export { refresher } from "./refresh";
export { active, archived, lineOf, refreshRooms, requests, rooms, typing, unread } from "./rooms";
export { go, goToList, goToRoom, goToSettings, jumpTo, leaveFolder, openRoom, route, up, type Jump } from "./route";
export { change, settings } from "./settings";
export { calm, watched, wide } from "./window";
