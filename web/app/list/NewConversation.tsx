import { useRef, useState } from "preact/hooks";
import type { Start } from "../../lib/core";
import { withPerson } from "../challenge/captcha";
import { PictureInput } from "../settings/PictureInput";
import { boot, codeOf, core, explain, goToRoom, onceMore, refreshRooms } from "../state";
import { t } from "../strings";
import { Button, Dialog, TextField } from "../ui";
import { asName, choiceOf, choices, validName, type Choice } from "./people";
import { Chips, Suggestions } from "./Choices";
import "./new.css";

/** NewConversation asks for one person, or for several and the name of their group. */
export function NewConversation({ onClose }: { onClose: () => void }) {
  const [chosen, setChosen] = useState<Choice[]>([]);
  const [text, setText] = useState("");
  const [title, setTitle] = useState("");
  const [picture, setPicture] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const isGroup = chosen.length > 1;
  const room = (boot.value?.server?.max_members || 32) - 1;

  const choose = (choice: Choice) => {
    setError("");
    setText("");
    field.current?.focus();
    if (chosen.some((one) => one.name === choice.name)) return;
    if (chosen.length >= room) setError(t("new.full", { n: room + 1 }));
    else setChosen([...chosen, choice]);
  };
  const typed = asName(text);
  const take = () => {
    if (validName(typed)) choose(choiceOf(typed));
    else setError(t("new.badName"));
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy) return;
    const names = chosen.map((one) => one.name);
    if (typed) {
      // The only name that was typed is whom to write to; a further one is added.
      if (names.length > 0 || !validName(typed)) return take();
      names.push(typed);
    }
    if (names.length === 0) return;
    if (isGroup && !title.trim()) return setError(t("new.groupNameMissing"));
    setBusy(true);
    const made = await start(
      isGroup ? { names, group: true, title: title.trim(), picture: picture || undefined } : { names, group: false },
    );
    setBusy(false);
    if ("refused" in made) return setError(made.refused);
    onClose();
    setTimeout(() => goToRoom(made.room)); // once the dialog has given the focus back
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "," || (event.key === " " && typed)) {
      event.preventDefault();
      take();
    } else if (event.key === "Backspace" && !text && chosen.length > 0) setChosen(chosen.slice(0, -1));
  };
  const suggestions = choices(text, (name) => chosen.some((one) => one.name === name));
  const foot = (
    <Button kind="primary" whole busy={busy} disabled={chosen.length === 0 && !typed} type="submit" form="new-conversation">
      {isGroup ? t("new.create") : t("new.start")}
    </Button>
  );
  return (
    <Dialog title={isGroup ? t("new.group") : t("new.title")} onClose={onClose} foot={foot} class="new-dialog">
      <form id="new-conversation" class="new-form" onSubmit={(event) => void submit(event)}>
        {isGroup && (
          <div class="new-group">
            <PictureInput id="new" name={title} picture={picture} onPicture={setPicture} small group />
            <TextField label={t("new.groupName")} value={title} onText={setTitle} hint={t("new.groupNameHint")} autocomplete="off" />
          </div>
        )}
        <Chips chosen={chosen} onRemove={(one) => setChosen(chosen.filter((other) => other !== one))} />
        <TextField
          label={t("new.who")}
          value={text}
          onText={(now) => (setText(now), setError(""))}
          placeholder={t("new.placeholder")}
          hint={chosen.length === 1 ? t("new.several") : t("new.nobody")}
          error={error}
          input={field}
          onKeyDown={keys}
          autofocus
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
        />
        <Suggestions choices={suggestions} onChoose={choose} />
      </form>
    </Dialog>
  );
}

// start makes the conversation, or says why not.
async function start(how: Start): Promise<{ room: string } | { refused: string }> {
  try {
    const made = await withPerson(() => onceMore(() => core.start(how)));
    refreshRooms();
    return made;
  } catch (refused) {
    const name = how.names[0] ?? "";
    return { refused: codeOf(refused) === "unknown_account" && !how.group ? t("new.unknown", { name }) : explain(refused) };
  }
}
