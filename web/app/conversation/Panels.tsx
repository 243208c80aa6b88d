import { EmojiPopover } from "../emoji/EmojiPopover";
import { ForwardDialog } from "../dialogs/ForwardDialog";
import { MuteDialog } from "../dialogs/MuteDialog";
import { ReactionsDialog } from "../dialogs/ReactionsDialog";
import { TimerDialog } from "../dialogs/TimerDialog";
import { AddPeople } from "../group/AddPeople";
import { GroupInfo } from "../group/GroupInfo";
import { LeaveQuestion } from "../group/LeaveQuestion";
import { ReadersPanel } from "../readers/ReadersPanel";
import { t } from "../strings";
import { Confirm, Menu } from "../ui";
import { canReact, menuOf, quick, react, unsend } from "./deeds";
import { useView } from "./view";

/** Panels is what is open above the conversation: a dialog, the menu of a message, its emoji. */
export function Panels() {
  return (
    <>
      <Dialogs />
      <MessageMenu />
      <ReactionPicker />
    </>
  );
}

function Dialogs() {
  const view = useView();
  const panel = view.panel.value;
  const info = view.thread.info.value;
  if (!panel || !info) return null;
  const close = () => (view.panel.value = null);
  const open = (kind: "readers" | "add" | "leave" | "info") => (view.panel.value = { kind });
  switch (panel.kind) {
    case "readers":
      return <ReadersPanel info={info} onMarked={view.thread.refresh} onClose={close} />;
    case "info":
      return <GroupInfo info={info} onOpen={open} onClose={close} />;
    case "add":
      return <AddPeople info={info} onClose={() => open("info")} />;
    case "leave":
      return <LeaveQuestion info={info} onClose={close} />;
    case "timer":
      return <TimerDialog info={info} onClose={close} />;
    case "mute":
      return <MuteDialog info={info} onClose={close} />;
    case "forward":
      return <ForwardDialog message={panel.message} onClose={close} />;
    case "reactions":
      return <ReactionsDialog message={panel.message} onClose={close} />;
    case "unsend": {
      const yes = () => void unsend(panel.message).then(close);
      return <Confirm title={t("conversation.unsendTitle")} text={t("conversation.unsendText")} yes={t("conversation.unsend")} danger onYes={yes} onClose={close} />;
    }
  }
}

function MessageMenu() {
  const view = useView();
  const open = view.menu.value;
  if (!open) return null;
  const { message, at } = open;
  const close = () => (view.menu.value = null);
  const may = (view.thread.info.value?.may_send ?? false) && canReact(message);
  const head = may && (
    <div class="quick" role="group" aria-label={t("conversation.react")}>
      {quick.map((emoji) => (
        <button
          key={emoji}
          type="button"
          role="menuitem"
          tabIndex={-1}
          class={message.reactions.some((r) => r.own && r.emoji === emoji) ? "emoji on" : "emoji"}
          aria-label={t("conversation.reactWith", { emoji })}
          onClick={() => (close(), void react(message, emoji))}
        >
          {emoji}
        </button>
      ))}
    </div>
  );
  return <Menu key={message.id} label={t("conversation.messageMenu")} items={menuOf(view, message, at)} at={at} head={head} onClose={close} />;
}

function ReactionPicker() {
  const view = useView();
  const open = view.picker.value;
  if (!open) return null;
  const close = () => (view.picker.value = null);
  return <EmojiPopover at={open.at} quick={quick} onPick={(emoji) => (close(), void react(open.message, emoji))} onClose={close} />;
}
