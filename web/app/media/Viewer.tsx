import { useEffect, useRef } from "preact/hooks";
import type { Attachment } from "../../lib/core";
import { announce, core } from "../state";
import { t } from "../strings";
import { bytes } from "../strings/dates";
import { Close } from "../icons";
import { IconButton, Spinner } from "../ui";
import { After, Before, Download, Minus } from "./icons";
import { Plus } from "../icons";
import { forget } from "./loaded";
import { OnceGate } from "./OnceGate";
import { Player } from "./Player";
import { save, saving } from "./save";
import { Stage, type StageHandle } from "./Stage";
import { viewing, type Viewing } from "./viewing";
import { Voice } from "./Voice";

/** Viewer shows the photos and videos of a message one at a time, as large as the window. It is drawn once, beside the conversation. */
export function Viewer() {
  const now = viewing.value;
  return now ? <Open key={now.items[0]?.blob} now={now} /> : null;
}

function Open({ now }: { now: Viewing }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const stage = useRef<StageHandle>(null);
  const a = now.items[now.at]!;
  const many = now.items.length > 1;
  const close = () => (viewing.value = null);
  const go = (by: number) => {
    const at = now.at + by;
    if (at < 0 || at >= now.items.length) return;
    viewing.value = { ...now, at };
    announce(t("media.viewerCount", { i: at + 1, n: now.items.length }));
  };
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    return () => {
      dialog.current?.close();
      if (now.once) forget(a); // however it was closed
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  const keys = (e: KeyboardEvent) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const rtl = document.documentElement.dir === "rtl";
    if (e.key === "ArrowRight") go(rtl ? -1 : 1);
    else if (e.key === "ArrowLeft") go(rtl ? 1 : -1);
    else if (e.key === "+" || e.key === "=") stage.current?.zoom(1.5);
    else if (e.key === "-") stage.current?.zoom(1 / 1.5);
    else if (e.key === "0") stage.current?.reset();
    else return;
    e.preventDefault();
  };
  return (
    <dialog
      ref={dialog}
      class="viewer"
      aria-label={t("media.viewer")}
      onKeyDown={keys}
      onCancel={(e) => {
        e.preventDefault();
        close();
      }}
      onContextMenu={(e) => now.once && e.preventDefault()}
    >
      <header class="viewer-head">
        <IconButton label={t("close")} icon={Close} onClick={close} autofocus />
        <span class="viewer-count">{many && t("media.viewerCount", { i: now.at + 1, n: now.items.length })}</span>
        {a.role === "photo" && <IconButton label={t("media.zoomOut")} icon={Minus} onClick={() => stage.current?.zoom(1 / 1.5)} />}
        {a.role === "photo" && <IconButton label={t("media.zoomIn")} icon={Plus} onClick={() => stage.current?.zoom(1.5)} />}
        {!now.once && <Save a={a} room={now.room} />}
      </header>
      <div class="viewer-middle">
        <Shown key={a.blob + now.at} a={a} now={now} stage={stage} go={go} close={close} />
        {many && <IconButton class="viewer-before" label={t("media.previous")} icon={Before} disabled={now.at === 0} onClick={() => go(-1)} />}
        {many && <IconButton class="viewer-after" label={t("media.next")} icon={After} disabled={now.at === now.items.length - 1} onClick={() => go(1)} />}
      </div>
      {a.alt && (
        <p class="viewer-alt" dir="auto">
          {a.alt}
        </p>
      )}
    </dialog>
  );
}

interface ShownProps {
  a: Attachment;
  now: Viewing;
  stage: { current: StageHandle | null };
  go: (by: number) => void;
  close: () => void;
}

/** Shown is one of what is viewed. */
function Shown({ a, now, stage, go, close }: ShownProps) {
  const id = now.once;
  if (a.role === "video") return <Player a={a} room={now.room} claim={id === undefined ? undefined : () => core.openOnce({ id })} />;
  const shown = a.role === "voice" ? <Voice a={a} room={now.room} own={false} /> : <Stage a={a} room={now.room} handle={stage} onSwipe={go} onAway={close} />;
  return id === undefined ? shown : <OnceGate a={a} room={now.room} id={id}>{shown}</OnceGate>;
}

function Save({ a, room }: { a: Attachment; room: string }) {
  const stop = saving.value.get(a.blob);
  const name = a.name;
  return (
    <>
      {stop && <Spinner />}
      <IconButton
        label={stop ? t("media.saving", { name }) : t("media.saveFile", { name, size: bytes(a.size) })}
        icon={stop ? Close : Download}
        onClick={() => (stop ? stop.abort() : void save(a, room))}
      />
    </>
  );
}
