import { Auth } from "../auth/Auth";
import { Challenge } from "../challenge/Challenge";
import { ReportDialog } from "../report/ReportDialog";
import { phase, rooms } from "../state";
import { said } from "../state/live";
import { wasHere } from "../state/settings";
import { Toasts, Tooltips } from "../ui";
import { Main } from "./Main";
import { Splash } from "./Splash";
import "./shell.css";

/** App is the whole page. */
export function App() {
  return (
    <>
      <View />
      <ReportDialog />
      <Challenge />
      <div class="unseen" role="status" aria-live="polite">
        {said.value}
      </div>
      <Toasts />
      <Tooltips />
    </>
  );
}

function View() {
  switch (phase.value) {
    case "starting":
      return rooms.value ? <Main /> : <Splash known={wasHere} />;
    case "ready":
      return <Main />;
  }
  return <Auth />;
}
