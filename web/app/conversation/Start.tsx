import { Lock } from "../icons";
import { roomFace } from "../list/faces";
import { t } from "../strings";
import { Avatar } from "../ui";
import { useView } from "./view";

/** Start stands above the first line: whose conversation it is, and who reads it. */
export function Start() {
  const view = useView();
  const info = view.thread.info.value;
  if (!info) return null;
  const own = info.direct && (info.people[0]?.own ?? false);
  const about = own ? "conversation.startOwn" : info.direct ? "conversation.start" : "conversation.startGroup";
  return (
    <div class="start">
      <Avatar {...roomFace(info)} size="xl" />
      <strong class="start-title">
        <bdi>{info.title}</bdi>
      </strong>
      <p>{t(about, { title: info.title })}</p>
      <button type="button" class="start-readers" onClick={() => (view.panel.value = { kind: "readers" })}>
        <Lock size={0.875} />
        <span>{info.supervised ? t("conversation.supervised", { name: info.supervised }) : t("conversation.startText")}</span>
      </button>
    </div>
  );
}
