import { Button } from "../app/ui";
import type { Case } from "../lib/desk";
import { call } from "./api";
import { useDraft } from "./drafts";
import { useDeed } from "./hooks";
import { sends } from "./keys";
import { Failure, TextArea, When } from "./parts";
import { Quoted } from "./Quoted";

/** Notes are what colleagues wrote for each other. */
export function Notes({ now, onChange }: { now: Case; onChange: (now: Case) => void }) {
  const [text, setText, drop] = useDraft(`note/${now.id}`, "");
  const deed = useDeed();
  const save = async () => {
    if (text.trim() === "" || deed.busy) return;
    if (await deed.run(async () => onChange(await call("note", { id: now.id, text: text.trim() })))) drop();
  };
  return (
    <section class="card">
      <h2>Notes</h2>
      {now.notes.map((note) => (
        <div key={`${note.at_ms} ${note.by}`} class="note-line">
          <div class="dim">
            <bdi>{note.name}</bdi> · <When ms={note.at_ms} />
          </div>
          <Quoted text={note.text} />
        </div>
      ))}
      <TextArea id="note" label="A note for colleagues" value={text} onText={setText} rows={2} most={4000} onKeyDown={sends(save)} />
      <Failure text={deed.error} />
      <Button small busy={deed.busy} disabled={text.trim() === ""} onClick={save}>
        Add note
      </Button>
    </section>
  );
}
