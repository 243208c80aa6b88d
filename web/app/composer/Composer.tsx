import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Message } from "../../lib/core";
import { canEdit } from "../conversation/deeds";
import { useView, type View } from "../conversation/view";
import { EmojiPopover } from "../emoji/EmojiPopover";
import { Check, Send, Smile } from "../icons";
import { utf8Length } from "../markdown/mentions";
import { boot } from "../state";
import { t } from "../strings";
import { IconButton } from "../ui";
import { Completions } from "./Completions";
import { completionOf, type Completion } from "./completion";
import { Draft } from "./draft";
import { Mode } from "./Mode";
import { candidatesOf, send } from "./send";
import { TypingSignal } from "./typingSignal";
import "./composer.css";

/** Composer is where one writes. Enter sends, Shift+Enter begins a line, Esc leaves an answer or a change. */
export function Composer() {
  const view = useView();
  const info = view.thread.info.value;
  const room = view.thread.room;
  const draft = useMemo(() => new Draft(room, info?.draft ?? ""), [room]);
  const signal = useMemo(() => new TypingSignal(room), [room]);
  const [text, setText] = useState(info?.draft ?? "");
  const [caret, setCaret] = useState(0);
  const [emoji, setEmoji] = useState<Element | null>(null);
  const [dismissed, setDismissed] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  const editing = view.editing.value;
  const before = useRef(""); // what was written when an edit began

  const change = (now: string, at: number) => {
    setText(now);
    setCaret(at);
    if (view.editing.value) return;
    draft.change(now);
    signal.wrote(now.trim() === "");
  };
  const put = (from: number, to: number, words: string) => {
    const now = text.slice(0, from) + words + text.slice(to);
    change(now, from + words.length);
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(from + words.length, from + words.length);
    });
  };

  useEffect(() => {
    view.write = () => field.current?.focus();
    if (matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
    const away = () => draft.keep();
    addEventListener("pagehide", away);
    return () => {
      removeEventListener("pagehide", away);
      draft.keep();
      signal.stop();
    };
  }, [view]);
  useEffect(() => {
    if (editing) {
      before.current = text;
      setText(editing.text);
      requestAnimationFrame(() => field.current?.setSelectionRange(editing.text.length, editing.text.length));
    } else if (before.current !== "" || text !== "") {
      setText(before.current || info?.draft || "");
      before.current = "";
    }
  }, [editing?.id]);
  useLayoutEffect(() => grow(field.current), [text]);

  const most = boot.value?.server?.max_text || Infinity;
  const over = utf8Length(text) - most;
  const ready = text.trim() !== "" && over <= 0;
  const completion = useMemo(() => completionOf(text, caret, view.direct.value ? [] : candidatesOf(view)), [text, caret, view.people.value]);
  const shown = completion && completion.key !== dismissed ? completion : null;

  const submit = async () => {
    if (!ready) return;
    const words = text.trim();
    const target = view.editing.value ?? view.replying.value;
    const edits = view.editing.value !== null;
    setText("");
    before.current = edits ? before.current : "";
    if (!edits) {
      draft.change("");
      draft.keep();
      signal.stop();
    }
    view.editing.value = null;
    view.replying.value = null;
    view.toEnd();
    if (!(await send(view, words, target, edits))) setText(words);
  };
  const choose = (c: Completion, i: number) => {
    const item = c.items[i];
    if (item) put(c.start, caret, item.insert);
  };

  return (
    <div class="composer">
      <Mode />
      {shown && <Completions completion={shown} field={field} onChoose={(i) => choose(shown, i)} onClose={() => setDismissed(shown.key)} />}
      <div class="composer-row">
        <div class="composer-box">
          <textarea
            ref={field}
            rows={1}
            value={text}
            dir={text === "" ? undefined : "auto"}
            placeholder={t("composer.placeholder")}
            aria-label={t("composer.label", { title: info?.title ?? "" })}
            aria-describedby={over > -200 ? "composer-left" : undefined}
            aria-invalid={over > 0 ? "true" : undefined}
            autocapitalize="sentences"
            enterkeyhint="send"
            onInput={(e) => change(e.currentTarget.value, e.currentTarget.selectionStart)}
            onSelect={(e) => setCaret(e.currentTarget.selectionStart)}
            onBlur={() => draft.keep()}
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
        <IconButton kind="accent" class="composer-send" label={t(editing ? "composer.save" : "composer.send")} icon={editing ? Check : Send} disabled={!ready} onClick={() => void submit()} />
      </div>
      {over > -200 && (
        <p id="composer-left" class={over > 0 ? "composer-left over" : "composer-left"} role="status">
          {over > 0 ? t("composer.tooLong", { n: over }) : t("composer.left", { n: -over })}
        </p>
      )}
      {emoji && <EmojiPopover at={emoji} onPick={(char) => put(field.current?.selectionStart ?? caret, field.current?.selectionEnd ?? caret, char)} onClose={() => setEmoji(null)} />}
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
