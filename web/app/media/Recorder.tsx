import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Send, Trash } from "../icons";
import { announce } from "../state";
import { t } from "../strings";
import { IconButton, toast } from "../ui";
import { Wave } from "./Bars";
import { Recording, type Recorded } from "./recording";
import { bars, clockOf } from "./wave";

export interface RecorderProps {
  /** It ends when the button that began it is let go of, if that was held. */
  held: boolean;
  onDone: (voice: Recorded | null) => void;
}

/** Recorder stands in the place of the field while a voice message is recorded. Esc discards it, Enter sends it. */
export function Recorder({ held, onDone }: RecorderProps) {
  const box = useRef<HTMLDivElement>(null);
  const [full, setFull] = useState(false);
  const ended = useRef(false);
  const recording = useMemo(() => new Recording(() => (setFull(true), announce(t("media.recordMost")))), []);
  const end = async (keep: boolean) => {
    if (ended.current) return;
    ended.current = true;
    if (!keep) recording.cancel();
    onDone(keep ? await recording.stop() : null);
  };
  useEffect(() => {
    let live = true;
    void recording.open().then((why) => {
      if (!live) return recording.cancel();
      if (!why) return announce(t("media.recording"));
      ended.current = true;
      toast(t(why === "refused" ? "media.recordRefused" : "media.recordNone"));
      onDone(null);
    });
    box.current?.querySelector<HTMLElement>(".recorder-send")?.focus();
    return () => {
      live = false;
      if (!ended.current) recording.cancel();
    };
  }, []);
  useEffect(() => {
    if (!held) return;
    const ends = new AbortController();
    addEventListener("pointerup", () => void end(true), { signal: ends.signal, once: true });
    addEventListener("pointercancel", () => void end(false), { signal: ends.signal, once: true });
    return () => ends.abort();
  }, [held]);
  const keys = (e: KeyboardEvent) => {
    if (e.key !== "Escape") return;
    e.preventDefault();
    e.stopPropagation();
    void end(false);
  };
  return (
    <div ref={box} class="recorder" role="group" aria-label={t("media.recording")} onKeyDown={keys}>
      <IconButton label={t("media.recordCancel")} icon={Trash} onClick={() => void end(false)} />
      <div class="recorder-box">
        <span class="recorder-dot" aria-hidden="true" />
        <time class="recorder-time">{clockOf(recording.at.value)}</time>
        <div class="wave" dir="ltr" aria-hidden="true">
          <Wave levels={recording.levels.value.slice(-bars)} part={1} />
        </div>
        {full && <span class="recorder-full">{t("media.recordMost")}</span>}
      </div>
      <IconButton kind="accent" class="composer-send recorder-send" label={t("media.recordSend")} data-tip={undefined} icon={Send} onClick={() => void end(true)} />
    </div>
  );
}
