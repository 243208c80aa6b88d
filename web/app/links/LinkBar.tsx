import { Close } from "../icons";
import { Play } from "../media/icons";
import { t } from "../strings";
import { IconButton, Spinner } from "../ui";
import { hostOf } from "./address";
import type { Composing } from "./composing";
import "./links.css";

/** LinkBar is the card of the link that is being written, above the field. */
export function LinkBar({ of }: { of: Composing }) {
  const { card } = of;
  if (!card) {
    if (!of.waiting) return null;
    return (
      <div class="link-bar wait" role="status">
        <Spinner />
        <span>{t("links.looking")}</span>
        <IconButton small label={t("links.without")} icon={Close} onClick={of.dismiss} />
      </div>
    );
  }
  const picture = card.post ? card.post.poster : card.preview?.picture;
  const title = card.post ? card.post.title : card.preview?.title || card.preview?.description;
  return (
    <div class="link-bar" role="group" aria-label={t("links.preview")}>
      {picture && (
        <span class="link-bar-picture">
          <img src={picture} alt="" />
          {card.post && <Play size={0.875} />}
        </span>
      )}
      <span class="link-bar-words">
        <bdi class="one-line strong">{title || hostOf(card.url)}</bdi>
        <bdi class="one-line">{card.post?.author || hostOf(card.url)}</bdi>
      </span>
      <IconButton small label={t("links.without")} icon={Close} onClick={of.dismiss} />
    </div>
  );
}
