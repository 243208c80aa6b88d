import { textOf } from "../conversation/deeds";
import { useView } from "../conversation/view";
import { Close, Edit, Reply } from "../icons";
import { spokenOf } from "../media/words";
import { t } from "../strings";
import { IconButton } from "../ui";

/** Mode says that one answers or edits a message, and which. */
export function Mode() {
  const view = useView();
  const editing = view.editing.value;
  const m = editing ?? view.replying.value;
  if (!m) return null;
  const Picture = editing ? Edit : Reply;
  const title = editing ? t("composer.editing") : m.own ? t("composer.replyingYou") : t("composer.replying", { name: view.nameOf(m.from) });
  const cancel = () => {
    view.editing.value = null;
    view.replying.value = null;
    view.write();
  };
  return (
    <div class="mode" role="status">
      <Picture size={1.125} />
      <span class="mode-words">
        <strong class="one-line">{title}</strong>
        <bdi class="one-line">{textOf(m).slice(0, 200) || spokenOf(m)}</bdi>
      </span>
      <IconButton small label={t(editing ? "composer.cancelEdit" : "composer.cancelReply")} icon={Close} onClick={cancel} />
    </div>
  );
}
