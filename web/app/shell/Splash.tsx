import { useEffect, useState } from "preact/hooks";
import { Logo } from "../icons/Logo";
import { Waiting } from "../list/ListPane";
import { t } from "../strings";
import "../list/pane.css";

/** Splash stands until the core has said who is here: the shape of the list for somebody who was here before. */
export function Splash({ known }: { known: boolean }) {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), 8000);
    return () => clearTimeout(timer);
  }, []);
  if (known && !slow) {
    return (
      <div class="shell">
        <div class="side pane" role="main">
          <header class="pane-head">
            <h1>{t("shell.chats")}</h1>
          </header>
          <Waiting />
        </div>
        <div class="rest nothing" />
      </div>
    );
  }
  return (
    <main class="splash">
      <h1 class="unseen">{t("app")}</h1>
      <Logo size={4.5} />
      <p role="status">{slow ? t("shell.slow") : <span class="unseen">{t("shell.starting")}</span>}</p>
    </main>
  );
}
