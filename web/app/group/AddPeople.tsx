import { useRef, useState } from "preact/hooks";
import type { Room } from "../../lib/core";
import { withPerson } from "../challenge/captcha";
import { Chips, Suggestions } from "../list/Choices";
import { asName, choiceOf, choices, validName, type Choice } from "../list/people";
import { boot, codeOf, core, explain, onceMore } from "../state";
import { t } from "../strings";
import { Button, Dialog, TextField, toast } from "../ui";
import "../list/new.css";

/** AddPeople asks who is to come into a group. */
export function AddPeople({ info, onClose }: { info: Room; onClose: () => void }) {
  const [chosen, setChosen] = useState<Choice[]>([]);
  const [text, setText] = useState("");
  const [error, setError] = useState("");
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const most = boot.value?.server?.max_members || 32;
  const free = most - info.members.length;
  const inside = (name: string) => info.members.some((m) => m.name === name);

  const choose = (one: Choice) => {
    setText("");
    field.current?.focus();
    if (inside(one.name)) setError(t("groups.inAlready"));
    else if (chosen.length >= free) setError(t("groups.full", { n: most }));
    else if (!chosen.some((c) => c.name === one.name)) setChosen([...chosen, one]);
  };
  const submit = async (e: Event) => {
    e.preventDefault();
    const name = asName(text);
    if (name) {
      if (validName(name)) choose(choiceOf(name));
      else setError(t("new.badName"));
      return;
    }
    if (chosen.length === 0) return;
    setBusy(true);
    try {
      await withPerson(() => onceMore(() => core.addMembers({ room: info.room, names: chosen.map((c) => c.name) })));
      toast(t("groups.added", { n: chosen.length }));
      onClose();
    } catch (refused) {
      const one = chosen.length === 1 && codeOf(refused) === "unknown_account";
      setError(one ? t("new.unknown", { name: chosen[0]?.name ?? "" }) : explain(refused));
      setBusy(false);
    }
  };
  const foot = (
    <Button kind="primary" whole busy={busy} disabled={chosen.length === 0 && !text.trim()} type="submit" form="add-people">
      {t("groups.addDo")}
    </Button>
  );
  return (
    <Dialog title={t("groups.addTitle")} onClose={onClose} foot={foot} class="new-dialog">
      <form id="add-people" class="new-form" onSubmit={(e) => void submit(e)}>
        <Chips chosen={chosen} onRemove={(one) => setChosen(chosen.filter((c) => c !== one))} />
        <TextField
          label={t("groups.addWho")}
          value={text}
          onText={(now) => (setText(now), setError(""))}
          placeholder={t("new.placeholder")}
          hint={t("groups.addText")}
          error={error}
          input={field}
          autofocus
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
        />
        <Suggestions choices={choices(text, (name) => inside(name) || chosen.some((c) => c.name === name))} onChoose={choose} />
      </form>
    </Dialog>
  );
}
