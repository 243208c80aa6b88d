/** What is being written: the text of the field, the draft that is kept of it, and a message that is changed. */

import type { RefObject } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Message } from "../../lib/core";
import type { View } from "../conversation/view";
import { Draft } from "./draft";
import { TypingSignal } from "./typingSignal";

/** Taken is what was in the field when it was sent. */
export interface Taken {
  words: string;
  /** The message that it answers or, if it edits, changes. */
  target: Message | null;
  edits: boolean;
  /** back gives it back to the field: it couldn't be sent. What was written meanwhile stays behind it. */
  back: () => void;
}

export interface Words {
  text: string;
  caret: number;
  setCaret: (at: number) => void;
  /** change takes what a person has typed. */
  change: (text: string, caret: number) => void;
  /** put puts words in place of a part of the text. */
  put: (from: number, to: number, words: string) => void;
  /** keep keeps the draft at once. */
  keep: () => void;
  /** take empties the field. later: what was in it is on its way only after a while, so that others are told that one has stopped. */
  take: (later: boolean) => Taken;
}

/** useWords is of the field in a conversation. While a message is changed, what was being written waits. */
export function useWords(view: View, field: RefObject<HTMLTextAreaElement | null>): Words {
  const room = view.thread.room;
  const first = view.thread.info.value?.draft ?? "";
  const draft = useMemo(() => new Draft(room, first), [room]);
  const signal = useMemo(() => new TypingSignal(room), [room]);
  const [text, setText] = useState(first);
  const [caret, setCaret] = useState(0);
  const now = useRef(text);
  now.current = text;

  const change = (words: string, at: number) => {
    setText(words);
    setCaret(at);
    if (view.editing.value) return;
    draft.change(words);
    signal.wrote(words.trim() === "");
  };
  const put = (from: number, to: number, words: string) => {
    const at = from + words.length;
    change(text.slice(0, from) + words + text.slice(to), at);
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(at, at);
    });
  };
  const take = (later: boolean): Taken => {
    const [words, editing] = [text.trim(), view.editing.value];
    const target = editing ?? view.replying.value;
    setText("");
    if (!editing) {
      draft.change(""); // kept a moment later: not in the way of the message
      if (later) signal.stop();
      else signal.sent();
    }
    view.editing.value = null;
    view.replying.value = null;
    const back = () => {
      if (editing) return view.edit({ ...editing, text: words });
      const all = [words, now.current].filter(Boolean).join("\n");
      setText(all);
      draft.change(all); // also where another conversation is open by now
      view.replying.value ??= target;
    };
    return { words, target, edits: editing !== null, back };
  };

  useEffect(() => {
    const away = () => draft.keep();
    addEventListener("pagehide", away);
    return () => {
      removeEventListener("pagehide", away);
      draft.keep();
      signal.stop();
    };
  }, [view]);
  useAside(view, text, setText, field);
  return { text, caret, setCaret, change, put, keep: () => draft.keep(), take };
}

/** useAside puts the text of a message that is changed into the field, and afterwards what was there before. */
function useAside(view: View, text: string, setText: (text: string) => void, field: RefObject<HTMLTextAreaElement | null>): void {
  const aside = useRef<string | null>(null);
  const editing = view.editing.value;
  useEffect(() => {
    if (editing) {
      aside.current ??= text;
      setText(editing.text);
      requestAnimationFrame(() => field.current?.setSelectionRange(editing.text.length, editing.text.length));
    } else if (aside.current !== null) {
      setText(aside.current);
      aside.current = null;
    }
  }, [editing?.id]);
}
