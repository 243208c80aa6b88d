import { useState } from "preact/hooks";
import { Button, Dialog, toast } from "../app/ui";
import type { Case, ExportFormat, Incident, NewExport } from "../lib/desk";
import { call } from "./api";
import { useDeed } from "./hooks";
import { Failure, Select } from "./parts";
import { save } from "./save";

const formats: [ExportFormat, string, string][] = [
  ["report", "Case file", "Anybody can check it with public keys alone: parley verify-report."],
  ["statement", "Statement of reasons", "The newest decision’s, in the fields of the EU’s database."],
  ["cybertip", "CyberTipline XML", "Only of child safety. It is saved here and sent nowhere."],
];

const incidents: Incident[] = [
  "Child Pornography (possession, manufacture, and distribution)",
  "Child Sex Trafficking",
  "Child Sex Tourism",
  "Child Sexual Molestation",
  "Misleading Domain Name",
  "Misleading Words or Digital Images on the Internet",
  "Online Enticement of Children for Sexual Acts",
  "Unsolicited Obscene Material Sent to a Child",
];

/** ExportDialog saves a case as a file, which is audited. */
export function ExportDialog({ now, onClose }: { now: Case; onClose: () => void }) {
  const [format, setFormat] = useState<ExportFormat>("report");
  const [incident, setIncident] = useState<Incident | "">("");
  const deed = useDeed();
  const go = () =>
    deed.run(async () => {
      const p: NewExport = { id: now.id, format };
      if (format === "cybertip" && incident) p.incident = incident;
      save(await call("export", p));
      toast("Saved");
      onClose();
    });
  const foot = (
    <Button kind="primary" whole busy={deed.busy} onClick={go}>
      Save the file
    </Button>
  );
  const offered = formats.filter(([one]) => (one !== "cybertip" || now.category === "child_safety") && (one !== "statement" || now.decisions.some((d) => d.statement)));
  return (
    <Dialog title="Export" onClose={onClose} foot={foot}>
      <div class="form">
        <fieldset class="reasons">
          <legend class="unseen">Form</legend>
          {offered.map(([one, label, hint]) => (
            <label key={one} class="check tall">
              <input type="radio" name="format" checked={format === one} onChange={() => setFormat(one)} />
              <span>
                {label}
                <br />
                <span class="dim">{hint}</span>
              </span>
            </label>
          ))}
        </fieldset>
        {format === "cybertip" && (
          <Select label="Kind of incident" value={incident} choices={[["", "By what is in the case"], ...incidents.map((one) => [one, one] as const)]} onChange={setIncident} />
        )}
        <p class="dim">The export is written into the audit log.</p>
        <Failure text={deed.error} />
      </div>
    </Dialog>
  );
}
