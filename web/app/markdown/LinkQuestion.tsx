import { t } from "../strings";
import { Confirm } from "../ui";
import { asking } from "./asking";

/** LinkQuestion shows where a link leads before it is followed, if its words don't say so themselves. */
export function LinkQuestion() {
  const href = asking.value;
  if (!href) return null;
  const follow = () => {
    asking.value = "";
    window.open(href, "_blank", "noopener,noreferrer");
  };
  const text = (
    <p class="address" dir="ltr">
      {href}
    </p>
  );
  return <Confirm title={t("conversation.linkTitle")} text={text} yes={t("conversation.linkOpen")} onYes={follow} onClose={() => (asking.value = "")} />;
}
