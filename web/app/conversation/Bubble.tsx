import { useState } from "preact/hooks";
import type { Message } from "../../lib/core";
import { emojiOnly } from "../emoji/only";
import { Forward } from "../icons";
import { Markdown } from "../markdown/Markdown";
import { t } from "../strings";
import { Button } from "../ui";
import { discard, retry } from "./deeds";
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
  const large = m.reply || m.forwarded ? 0 : emojiOnly(m.text);
  return (
    <>
      <div class={large > 0 ? `bubble large-${large}` : "bubble"}>
        {m.forwarded && (
          <span class="forwarded">
            <Forward size={0.875} /> {t("conversation.forwarded")}
          </span>
        )}
        {m.reply && <ReplyQuote quote={m.reply} />}
        <Words m={m} marked={marked} />
      </div>
      {m.state === "failed" && <Failed m={m} />}
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
      <Markdown text={text} plain={m.plain} mentions={m.mentions} links={links} people={view.people.value} />
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
  return (
    <div class="failed" role="group" aria-label={t("conversation.failedText")}>
      <span>{t("conversation.failed")}</span>
      <Button kind="quiet" small onClick={() => void retry(m)}>
        {t("retry")}
      </Button>
      <Button kind="danger-quiet" small onClick={() => void discard(m)}>
        {t("conversation.discard")}
      </Button>
    </div>
  );
}
