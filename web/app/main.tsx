import "./styles/tokens.css";
import "./styles/base.css";

import { render } from "preact";
import { startOffline } from "../lib/offline";
import { forgetEmoji } from "./emoji/recent";
import { forgetStickers } from "./stickers/recent";
import { watchMedia } from "./media/jobs";
import { watchOperator } from "./notices/notices";
import { watchDesk } from "./report/report";
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
import { watchDay } from "./strings/dates";
import { watchSafety } from "./warnings/supply";

// The page is drawn before the core is there; each part then takes what it tells.
async function main() {
  const core = startCore();
  await Promise.all([showRemembered(), wasHere && showSnapshot()]);
  const root = document.getElementById("app");
  if (root) render(<App />, root);
  watchWindow();
  watchDay();
  watchRoute();
  watchKeys();
  watchTitle();
  await core;
  watchSearch();
  watchSettings();
  watchRooms();
  watchOwn();
  watchMedia();
  watchSafety();
  watchDesk();
  watchOperator();
  forgetEmoji();
  forgetStickers();
  watchNotices();
  await watchBoot();
  await startOffline(goToRoom);
}

void main();
