import type { Message } from "../../lib/core";
import { react } from "../conversation/deeds";
import { shortName, useView } from "../conversation/view";
import { faceOf } from "../list/faces";
import { t } from "../strings";
import { Avatar, Button, Dialog } from "../ui";
import "./dialogs.css";

/** ReactionsDialog says who reacted to a message, and how. */
export function ReactionsDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const view = useView();
  const now = view.thread.window.value.messages.find((m) => m.id === message.id) ?? message;
  const all = now.reactions.flatMap((r) => r.from.map((account) => ({ emoji: r.emoji, account })));
  return (
    <Dialog title={t("conversation.reactions")} onClose={onClose} width="narrow">
      <ul class="reactors">
        {all.map(({ emoji, account }) => {
          const person = view.personOf(account);
          return (
            <li key={`${emoji} ${account}`}>
              <Avatar {...(person ? faceOf(person) : { id: account, name: shortName(account) })} size="s" />
              <bdi class="one-line">{person?.own ? t("you") : view.nameOf(account)}</bdi>
              {person?.own && (
                <Button kind="quiet" small onClick={() => void react(now, emoji)}>
                  {t("remove")}
                </Button>
              )}
              <span class="emoji">{emoji}</span>
            </li>
          );
        })}
      </ul>
    </Dialog>
  );
}
