import { signal } from "@preact/signals";
import type { Message } from "../../lib/core";
import { settings, worked, core } from "../state";
import { t } from "../strings";
import { Button } from "../ui";
import "./warnings.css";

/** Those that the person doesn't want to see again, by message. */
const hidden = signal<ReadonlySet<string>>(new Set());

/** NudgeLine is a hint under a message of somebody else that looks like something bad. This device found it, and told nobody. */
export function NudgeLine({ m, report }: { m: Message; report?: () => void }) {
  const nudge = m.nudges?.[0];
  if (!nudge || !settings.value.warnings || hidden.value.has(m.id)) return null;
  const hide = () => (hidden.value = new Set([...hidden.value, m.id]));
  const block = async () => {
    if (await worked(core.block({ accounts: [m.from] }))) hide();
  };
  return (
    <div class="nudge" role="note">
      <p>{t(`warnings.class.${nudge.class as "scam" | "harassment" | "sextortion"}`)}</p>
      {nudge.help.length > 0 && (
        <ul>
          {nudge.help.map((line) => (
            <li key={line.url}>
              <a href={line.url} target="_blank" rel="noopener noreferrer" referrerpolicy="no-referrer">
                {line.name}
              </a>
            </li>
          ))}
        </ul>
      )}
      <div class="nudge-deeds">
        {report && (
          <Button kind="quiet" small onClick={report}>
            {t("warnings.report")}
          </Button>
        )}
        <Button kind="danger-quiet" small onClick={() => void block()}>
          {t("warnings.block")}
        </Button>
        <Button kind="quiet" small onClick={hide}>
          {t("warnings.hide")}
        </Button>
      </div>
      <p class="nudge-note">{t("warnings.onlyHere")}</p>
    </div>
  );
}
