import "../app/styles/tokens.css";
import "../app/styles/base.css";
import "./desk.css";
import "./case.css";
import "./forms.css";

import { render } from "preact";
import { call, enter, me } from "./api";
import { watchKeys } from "./keys";
import { watchCovers } from "./MediaView";
import { takeInvite, watchRoute } from "./route";
import { Shell } from "./Shell";

// The safety desk's page: it holds nothing, and asks the desk for each view.
async function main() {
  const invite = takeInvite();
  watchRoute();
  watchKeys();
  watchCovers();
  const root = document.getElementById("app");
  if (root) render(<Shell invite={invite} />, root);
  await call("me").then(enter, () => (me.value = null));
}

void main();
