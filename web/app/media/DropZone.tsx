import { useEffect, useState } from "preact/hooks";
import { useView } from "../conversation/view";
import { boot } from "../state";
import { t } from "../strings";
import { Attach } from "./icons";
import { filesOf, trayOf } from "./tray";

/** DropZone covers the conversation while files are dragged over it, and takes them. */
export function DropZone() {
  const view = useView();
  const [over, setOver] = useState(false);
  const may = (view.thread.info.value?.may_send ?? false) && (boot.value?.server?.blobs?.size ?? 0) > 0;
  useEffect(() => {
    if (!may) return;
    const ends = new AbortController();
    let depth = 0;
    const files = (e: DragEvent) => e.dataTransfer?.types.includes("Files") ?? false;
    const on = <K extends "dragenter" | "dragleave" | "dragover" | "drop">(name: K, fn: (e: DragEvent) => void) =>
      addEventListener(name, (e) => files(e) && (e.preventDefault(), fn(e)), { signal: ends.signal });
    on("dragenter", () => setOver(++depth > 0));
    on("dragleave", () => setOver(--depth > 0));
    on("dragover", (e) => e.dataTransfer && (e.dataTransfer.dropEffect = document.querySelector("dialog[open]") ? "none" : "copy"));
    on("drop", (e) => {
      depth = 0;
      setOver(false);
      if (!e.dataTransfer || document.querySelector("dialog[open]")) return;
      trayOf(view.thread.room).add(filesOf(e.dataTransfer));
      view.write();
    });
    return () => ends.abort();
  }, [view, may]);
  if (!over) return null;
  return (
    <div class="drop-zone" aria-hidden="true">
      <span>
        <Attach size={2} /> {t("media.drop")}
      </span>
    </div>
  );
}
