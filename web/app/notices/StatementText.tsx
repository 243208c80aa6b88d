import type { Statement } from "../../lib/core";
import { t } from "../strings";

/** StatementText is why something was decided, in the operator's words. */
export function StatementText({ of }: { of: Statement }) {
  const rows: [string, string][] = [
    [t("notices.facts"), of.facts],
    [t("notices.explanation"), of.explanation],
    [t(of.ground === "illegal_content" ? "notices.law" : "notices.rule"), of.ground_reference],
    [t("notices.source"), t(of.source === "report" ? "notices.sourceReport" : of.source === "order" ? "notices.sourceOrder" : "notices.sourceOwn")],
    [t("notices.decidedBy"), t(of.automated_decision ? "notices.byMachine" : "notices.byPerson")],
    [t("notices.redress"), of.redress],
  ];
  return (
    <dl class="statement">
      {rows
        .filter(([, text]) => text !== "")
        .map(([label, text]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd dir="auto">{text}</dd>
          </div>
        ))}
    </dl>
  );
}
