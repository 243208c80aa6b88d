import { t } from "../strings";
import { Confirm } from "../ui";
import { warningsOf } from "../warnings/links";
import { reasonOf } from "../warnings/reasons";
import { asking } from "./asking";

/** LinkQuestion shows where a link leads before it is followed, if its words don't say so themselves, and what is suspicious of it. */
export function LinkQuestion() {
  const link = asking.value;
  if (!link) return null;
  const warnings = link.own ? [] : warningsOf(link.href, link.display);
  const follow = () => {
    asking.value = null;
    window.open(link.href, "_blank", "noopener,noreferrer");
  };
  const text = (
    <>
      {warnings.map((w) => (
        <p key={w.kind}>{reasonOf(w)}</p>
      ))}
      <p class="address" dir="ltr">
        {link.href}
      </p>
    </>
  );
  const bad = warnings.length > 0;
  return (
    <Confirm
      title={t(bad ? "warnings.linkTitle" : "conversation.linkTitle")}
      text={text}
      yes={t(bad ? "warnings.linkOpen" : "conversation.linkOpen")}
      danger={bad}
      onYes={follow}
      onClose={() => (asking.value = null)}
    />
  );
}
