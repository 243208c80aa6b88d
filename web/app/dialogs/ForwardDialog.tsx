import { useState } from "preact/hooks";
import type { Message, RoomLine } from "../../lib/core";
import { withPerson } from "../challenge/captcha";
import { textOf } from "../conversation/deeds";
import { Check } from "../icons";
import { roomFace } from "../list/faces";
import { fits } from "../list/people";
import { spokenOf } from "../media/words";
import { boot, core, rooms, worked } from "../state";
import { t } from "../strings";
import { Avatar, Button, Dialog, SearchField, toast } from "../ui";
import "./dialogs.css";

/** How many conversations a message is forwarded to at a time, where the server says nothing smaller. */
const usual = 20;

/** ForwardDialog asks where a message's text is to go. */
export function ForwardDialog({ message, onClose }: { message: Message; onClose: () => void }) {
  const most = Math.min(usual, boot.value?.server?.blobs?.forward || usual);
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const all = (rooms.value ?? []).filter((line) => line.active);
  const shown = all.filter((line) => text.trim() === "" || fits(text, line.title, ...line.people.flatMap((p) => [p.display, p.name])));
  const toggle = (room: string) => {
    if (chosen.includes(room)) setChosen(chosen.filter((r) => r !== room));
    else if (chosen.length >= most) toast(t("forward.most", { n: most }));
    else setChosen([...chosen, room]);
  };
  const send = async () => {
    setBusy(true);
    const done = await worked(withPerson(() => core.forward({ id: message.id, rooms: chosen })));
    setBusy(false);
    if (!done) return;
    toast(t("forward.done", { n: chosen.length }));
    onClose();
  };
  const foot = (
    <Button kind="primary" whole busy={busy} disabled={chosen.length === 0} onClick={() => void send()}>
      {t("forward.send", { n: Math.max(1, chosen.length) })}
    </Button>
  );
  return (
    <Dialog title={t("forward.title")} onClose={onClose} foot={foot} class="forward">
      <p class="forward-text" dir="auto">
        {textOf(message).slice(0, 200) || spokenOf(message)}
      </p>
      <SearchField label={t("forward.search")} value={text} onText={setText} />
      {shown.length === 0 && <p class="options-text">{t("forward.none")}</p>}
      <ul class="forward-rooms">
        {shown.map((line) => (
          <Target key={line.room} line={line} chosen={chosen.includes(line.room)} onToggle={() => toggle(line.room)} />
        ))}
      </ul>
    </Dialog>
  );
}

function Target({ line, chosen, onToggle }: { line: RoomLine; chosen: boolean; onToggle: () => void }) {
  return (
    <li>
      <button type="button" class="option" role="checkbox" aria-checked={chosen} onClick={onToggle}>
        <Avatar {...roomFace(line)} size="m" />
        <bdi class="one-line">{line.title}</bdi>
        <span class={chosen ? "tick-box on" : "tick-box"}>{chosen && <Check size={0.875} />}</span>
      </button>
    </li>
  );
}
