import type { Quote } from "../../lib/core";
import { mediaText } from "../media/words";
import { PostQuote } from "../posts/PostQuote";
import { t } from "../strings";
import { useView } from "./view";

/** ReplyQuote is the message that this one answers; a press goes there. */
export function ReplyQuote({ quote }: { quote: Quote }) {
  const view = useView();
  const own = view.people.value.get(quote.from)?.own ?? false;
  const name = own ? t("you") : view.nameOf(quote.from);
  const text = quote.gone ? t("conversation.quoteGone") : quote.blocked ? t("conversation.quoteBlocked") : quote.unsent ? t("conversation.quoteUnsent") : quote.text || mediaText(quote);
  if (quote.gone) {
    return (
      <span class="quote gone">
        <span class="quote-text">{text}</span>
      </span>
    );
  }
  return (
    <button type="button" class="quote" tabIndex={-1} data-tip={t("conversation.quoteJump")} onClick={() => void view.show(quote.id)}>
      <bdi class="quote-name">{name}</bdi>
      {quote.post ? (
        <PostQuote of={quote.post} />
      ) : (
        <span class="quote-text" dir="auto">
          {text}
        </span>
      )}
    </button>
  );
}
