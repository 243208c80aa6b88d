import { useState } from "preact/hooks";
import type { Message } from "../../lib/core";
import { emojiOnly } from "../emoji/only";
import { Forward } from "../icons";
import { LinkCard } from "../links/LinkCard";
import { Markdown } from "../markdown/Markdown";
import { Attachments, carries, wide } from "../media/Attachments";
import { PostCard } from "../posts/PostCard";
import { StickerBubble } from "../stickers/StickerBubble";
import { t } from "../strings";
import { Button } from "../ui";
import { NudgeLine } from "../warnings/NudgeLine";
import { discard, mayReport, report, retry } from "./deeds";
import { Meta } from "./Meta";
import { ReplyQuote } from "./ReplyQuote";
import { useView } from "./view";

/** What is shown of a long text until more is wanted. */
const short = { units: 1600, lines: 24 };

/** Bubble is what a message says. */
export function Bubble({ m, marked }: { m: Message; marked: boolean }) {
  const view = useView();
  if (m.unsent) {
    return (
      <div class="bubble hollow">
        <div class={marked ? "text ends" : "text"}>
          <p>{m.own ? t("conversation.unsentOwn") : t("conversation.unsent", { name: view.nameOf(m.from) })}</p>
          {marked && <Meta m={m} />}
        </div>
      </div>
    );
  }
  if (m.kind === "unknown") {
    return (
      <div class="bubble hollow">
        <div class={marked ? "text ends" : "text"}>
          <p>{t("conversation.unknown")}</p>
          {marked && <Meta m={m} />}
        </div>
      </div>
    );
  }
  const { room, info } = view.thread;
  const covered = !m.own && (info.value?.veiled ?? true);
  const media = carries(m);
  const wordless = (media && !m.text) || m.sticker !== undefined || m.text.trim() === m.post?.url;
  const links = m.own || (view.personOf(m.from)?.known ?? false);
  const large = m.reply || m.forwarded || media ? 0 : emojiOnly(m.text);
  const classes = ["bubble", large > 0 && `large-${large}`, media && "has-media", wide(m) && "wide-media", media && !m.text && "bare", m.sticker && "is-sticker"];
  return (
    <>
      <div class={classes.filter(Boolean).join(" ")}>
        {m.forwarded && (
          <span class="forwarded">
            <Forward size={0.875} /> {t("conversation.forwarded")}
          </span>
        )}
        {m.reply && <ReplyQuote quote={m.reply} />}
        {media && <Attachments m={m} />}
        {m.sticker && <StickerBubble m={m} room={room} covered={covered} />}
        {m.post ? <PostCard of={m.post} links={links} own={m.own} room={room} covered={covered} /> : m.preview && <LinkCard of={m.preview} links={links} own={m.own} covered={covered} />}
        {!wordless && <Words m={m} marked={marked} />}
        {wordless && marked && (
          <div class="media-print">
            <Meta m={m} />
          </div>
        )}
      </div>
      {m.state === "failed" && <Failed m={m} />}
      {!m.own && <NudgeLine m={m} {...(mayReport(m) ? { report: () => report(view, m) } : {})} />}
    </>
  );
}

function Words({ m, marked }: { m: Message; marked: boolean }) {
  const view = useView();
  const [all, setAll] = useState(false);
  const text = all ? m.text : cut(m.text);
  const links = m.own || (view.personOf(m.from)?.known ?? false);
  return (
    <div class={marked ? "text ends" : "text"} dir="auto">
      <Markdown text={text} plain={m.plain} mentions={m.mentions} links={links} own={m.own} people={view.people.value} />
      {text !== m.text && (
        <button type="button" class="show-all" onClick={() => setAll(true)}>
          {t("conversation.showAll")}
        </button>
      )}
      {marked && <Meta m={m} />}
    </div>
  );
}

/** cut shortens a text that would fill the screen, at the end of a line or a word. */
function cut(text: string): string {
  const lines = text.split("\n", short.lines + 1);
  if (text.length <= short.units * 1.25 && lines.length <= short.lines) return text;
  const some = lines.slice(0, short.lines).join("\n").slice(0, short.units);
  const at = Math.max(some.lastIndexOf("\n"), some.lastIndexOf(" "));
  return (at > short.units / 2 ? some.slice(0, at) : some) + "…";
}

function Failed({ m }: { m: Message }) {
  const view = useView();
  return (
    <div class="failed" role="group" aria-label={t("conversation.failedText")}>
      <span>{t("conversation.failed")}</span>
      <Button kind="quiet" small onClick={() => void retry(m)}>
        {t("retry")}
      </Button>
      <Button kind="danger-quiet" small onClick={() => void discard(view, m)}>
        {t("conversation.discard")}
      </Button>
    </div>
  );
}
