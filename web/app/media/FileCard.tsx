import type { Attachment } from "../../lib/core";
import { t } from "../strings";
import { bytes } from "../strings/dates";
import { Spinner } from "../ui";
import { Download, ofSort } from "./icons";
import { endingOf, sortOf } from "./kinds";
import { save, saving } from "./save";

/** FileCard is a file: a press saves it, one more stops that. It is never shown. */
export function FileCard({ a, room }: { a: Attachment; room: string }) {
  const stop = saving.value.get(a.blob);
  return (
    <button
      type="button"
      class="file-card"
      aria-busy={stop !== undefined}
      onClick={() => (stop ? stop.abort() : void save(a, room))}
    >
      <span class="unseen">{t(stop ? "media.savingNow" : "media.saveNow")} </span>
      <FileSign type={a.type} busy={stop !== undefined} />
      <span class="file-words">
        <bdi class="file-name">{a.name}</bdi>
        <span class="file-about">{[bytes(a.size), endingOf(a.name)].filter(Boolean).join(" · ")}</span>
      </span>
      <Download size={1.125} />
    </button>
  );
}

/** FileSign is the round picture of a file: what sort it is. */
export function FileSign({ type, busy }: { type: string; busy?: boolean }) {
  const Picture = ofSort[sortOf(type)];
  return <span class="file-sign">{busy ? <Spinner /> : <Picture size={1.375} />}</span>;
}
