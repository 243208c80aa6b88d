import type { Message } from "../../lib/core";
import { t, type Key } from "../strings";
import { Once } from "./icons";
import { look } from "./viewing";
import { mediaText } from "./words";

const looks: Record<string, Key> = { video: "media.onceVideo", voice: "media.onceVoice" };

/** OnceCard is a message that is viewed once: its sender sees that it is one, its receiver looks at it a single time. */
export function OnceCard({ m, room }: { m: Message; room: string }) {
  const a = m.attachments[0];
  if (m.own || m.opened || !a) {
    return (
      <p class="once-card">
        <Once size={1.25} /> <span>{m.own ? mediaText(m) : t("media.onceOpened")}</span>
      </p>
    );
  }
  return (
    <button type="button" class="once-card once-look" onClick={() => look(room, m.attachments, 0, m.id)}>
      <Once size={1.25} />
      <span>
        <strong>{t(looks[a.role] ?? "media.oncePhoto")}</strong>
        <span class="once-hint">{t("media.onceHintOpen")}</span>
      </span>
    </button>
  );
}
