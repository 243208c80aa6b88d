import "./styles/tokens.css";
import "./styles/base.css";

import { render } from "preact";
import { startOffline, takeOpened } from "../lib/offline";
import { forgetEmoji } from "./emoji/recent";
import { watchSearch } from "./search/sought";
import { watchOwn } from "./settings/own";
import { App } from "./shell/App";
import { watchKeys } from "./shell/keys";
import { watchNotices } from "./shell/notify";
import { watchTitle } from "./shell/title";
import { watchBoot } from "./state/boot";
import { startCore } from "./state/core";
import { showSnapshot, watchRooms } from "./state/rooms";
import { goToRoom, watchRoute } from "./state/route";
import { showRemembered, wasHere, watchSettings } from "./state/settings";
import { watchWindow } from "./state/window";

// The page is drawn before the core is there; each part then takes what it tells.
async function main() {
  const core = startCore();
  await Promise.all([showRemembered(), wasHere && showSnapshot()]);
  const root = document.getElementById("app");
  if (root) render(<App />, root);
  const opened = takeOpened();
  if (opened) goToRoom(opened);
  watchWindow();
  watchRoute();
  watchKeys();
  watchTitle();
  await core;
  watchSearch();
  watchSettings();
  watchRooms();
  watchOwn();
  forgetEmoji();
  watchNotices();
  await watchBoot();
  await startOffline(goToRoom);
}

void main();
