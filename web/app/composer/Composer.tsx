import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Message } from "../../lib/core";
import { canEdit } from "../conversation/deeds";
import { useView, type View } from "../conversation/view";
import { known } from "../emoji/data";
import { EmojiPopover } from "../emoji/EmojiPopover";
import { Check, Send, Smile } from "../icons";
import { useCard } from "../links/composing";
import { LinkBar } from "../links/LinkBar";
import { utf8Length } from "../markdown/mentions";
import { AttachButton } from "../media/AttachButton";
import { mayAttach, sendTray, sendVoice } from "../media/compose";
import { MicButton } from "../media/MicButton";
import { Recorder } from "../media/Recorder";
import { mayRecord, type Recorded } from "../media/recording";
import { filesOf, trayOf } from "../media/tray";
import { TrayBar } from "../media/TrayBar";
import { boot } from "../state";
import { PackDialog } from "../stickers/PackDialog";
import { send as sendSticker } from "../stickers/packs";
import type { Item } from "../stickers/search";
import { t } from "../strings";
import { IconButton } from "../ui";
import { Completions } from "./Completions";
import { completionOf, type Completion } from "./completion";
import { Mode } from "./Mode";
import { candidatesOf, mentionsIn, send } from "./send";
import { useWords } from "./words";
import "./composer.css";

/** Composer is where one writes. Enter sends, Shift+Enter begins a line, Esc leaves an answer or a change. */
export function Composer() {
  const view = useView();
  const info = view.thread.info.value;
  const room = view.thread.room;
  const [emoji, setEmoji] = useState<Element | null>(null);
  const [dismissed, setDismissed] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const { text, caret, setCaret, change, put, keep, take } = useWords(view, field);
  const editing = view.editing.value;
  const tray = trayOf(room);
  const files = useRef<HTMLInputElement>(null);
  const [pack, setPack] = useState<string | null>(null);
  const [recording, setRecording] = useState<{ held: boolean } | null>(null);

  useEffect(() => {
    view.write = () => field.current?.focus();
    if (matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
  }, [view]);
  useLayoutEffect(() => grow(field.current), [text]);

  const most = boot.value?.server?.max_text || Infinity;
  const over = utf8Length(text) - most;
  const attach = mayAttach() && !editing;
  const chosen = attach && tray.items.value.length > 0;
  const card = useCard(text, !editing && !chosen);
  const ready = over <= 0 && (chosen ? tray.ready : text.trim() !== "");
  const mic = attach && !chosen && text.trim() === "" && mayRecord();
  const completion = useMemo(() => completionOf(text, caret, view.direct.value ? [] : candidatesOf(view)), [text, caret, view.people.value, known()]);
  const shown = completion && completion.key !== dismissed ? completion : null;

  const submit = async () => {
    if (!ready) return;
    const { words, target, edits, back } = take(chosen);
    const beside = card.take(words);
    if (!edits) view.toEnd();
    if (chosen) return sendTray(view, tray, words, mentionsIn(view, words), target?.id);
    if (!(await send(view, words, target, edits, beside))) back();
  };
  const choose = (c: Completion, i: number) => {
    const item = c.items[i];
    if (item) put(c.start, caret, item.insert);
  };

  const stick = (item: Item) => {
    setEmoji(null);
    void sendSticker(view, item);
  };
  const voiced = (voice: Recorded | null) => {
    setRecording(null);
    requestAnimationFrame(() => field.current?.focus({ preventScroll: true }));
    if (!voice) return;
    const reply = view.replying.value?.id;
    view.replying.value = null;
    sendVoice(view, voice, reply);
  };
  const pasted = (e: ClipboardEvent) => {
    const data = e.clipboardData;
    if (!attach || !data || data.files.length === 0 || data.types.includes("text/plain")) return;
    e.preventDefault();
    tray.add(filesOf(data));
  };

  return (
    <div class="composer">
      <Mode />
      {attach && <TrayBar tray={tray} onAdd={() => files.current?.click()} />}
      <LinkBar of={card} />
      {shown && <Completions completion={shown} field={field} onChoose={(i) => choose(shown, i)} onClose={() => setDismissed(shown.key)} />}
      {recording && <Recorder held={recording.held} onDone={voiced} />}
      <div class="composer-row" hidden={recording !== null}>
        {attach && <AttachButton tray={tray} input={files} onAdded={() => field.current?.focus()} />}
        <div class="composer-box">
          <textarea
            ref={field}
            rows={1}
            value={text}
            dir={text === "" ? undefined : "auto"}
            placeholder={t(chosen ? "media.caption" : "composer.placeholder")}
            aria-label={t("composer.label", { title: info?.title ?? "" })}
            aria-describedby={over > -200 ? "composer-left" : undefined}
            aria-invalid={over > 0 ? "true" : undefined}
            autocapitalize="sentences"
            enterkeyhint="send"
            onInput={(e) => change(e.currentTarget.value, e.currentTarget.selectionStart)}
            onSelect={(e) => setCaret(e.currentTarget.selectionStart)}
            onBlur={keep}
            onPaste={pasted}
            onKeyDown={(e) => {
              if (e.isComposing || e.keyCode === 229) return; // an input method is at work
              if (e.key === "Enter" && !e.shiftKey && !(shown && e.defaultPrevented)) {
                e.preventDefault();
                void submit();
              } else if (e.key === "Escape") leave(view, e);
              else if (e.key === "ArrowUp" && text === "" && !view.editing.value) editLast(view, e);
            }}
          />
          <IconButton small class="composer-emoji" label={t("composer.emoji")} icon={Smile} aria-expanded={emoji !== null} onClick={(e) => setEmoji(emoji ? null : e.currentTarget)} />
        </div>
        {mic ? (
          <MicButton onBegin={(held) => setRecording({ held })} />
        ) : (
          <IconButton kind="accent" class="composer-send" label={t(editing ? "composer.save" : "composer.send")} icon={editing ? Check : Send} disabled={!ready} onClick={() => void submit()} />
        )}
      </div>
      {over > -200 && (
        <p id="composer-left" class={over > 0 ? "composer-left over" : "composer-left"} role="status">
          {over > 0 ? t("composer.tooLong", { n: over }) : t("composer.left", { n: -over })}
        </p>
      )}
      {emoji && (
        <EmojiPopover
          at={emoji}
          onPick={(char) => put(field.current?.selectionStart ?? caret, field.current?.selectionEnd ?? caret, char)}
          onSticker={editing ? undefined : stick}
          onPack={(id) => (setEmoji(null), setPack(id))}
          onClose={() => setEmoji(null)}
        />
      )}
      {pack !== null && <PackDialog id={pack} onClose={() => setPack(null)} />}
    </div>
  );
}

/** grow makes the field as high as its text, up to what its style allows, in browsers whose style can't. */
function grow(field: HTMLTextAreaElement | null): void {
  if (!field || CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight}px`;
}

function leave(view: View, e: KeyboardEvent): void {
  if (!view.editing.value && !view.replying.value) return;
  e.preventDefault();
  e.stopPropagation();
  view.editing.value = null;
  view.replying.value = null;
}

function editLast(view: View, e: KeyboardEvent): void {
  const last = view.thread.window.value.messages.findLast((m: Message) => canEdit(m));
  if (!last) return;
  e.preventDefault();
  view.edit(last);
}
