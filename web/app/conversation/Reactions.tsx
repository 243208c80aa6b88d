import type { Message, Reaction } from "../../lib/core";
import { number, t } from "../strings";
import { listed } from "../strings/dates";
import { react } from "./deeds";
import { useView, type View } from "./view";

/** Reactions are the emoji on a message: a press puts the own one there too, or takes it back. */
export function Reactions({ m }: { m: Message }) {
  const view = useView();
  const send = view.thread.info.value?.may_send ?? false;
  return (
    <div class="reactions" role="group" aria-label={t("conversation.reactions")}>
      {m.reactions.map((r) => {
        const names = reactors(r, view);
        return (
          <button
            key={r.emoji}
            type="button"
            class={r.own ? "reaction own" : "reaction"}
            tabIndex={-1}
            aria-pressed={r.own}
            aria-label={t("conversation.reaction", { emoji: r.emoji, n: r.from.length, names })}
            data-tip={names}
            onClick={() => (send ? void react(m, r.emoji) : (view.panel.value = { kind: "reactions", message: m }))}
          >
            <span class="emoji">{r.emoji}</span>
            {r.from.length > 1 && <span class="reaction-count">{number(r.from.length)}</span>}
          </button>
        );
      })}
    </div>
  );
}

/** reactors names who reacted, the first few of them. */
export function reactors(r: Reaction, view: View): string {
  const names = r.from.map((account) => (view.people.value.get(account)?.own ? t("you") : view.nameOf(account)));
  return listed(names.length > 6 ? [...names.slice(0, 5), `+${number(names.length - 5)}`] : names);
}
