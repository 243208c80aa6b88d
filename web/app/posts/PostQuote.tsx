import type { Post } from "../../lib/core";
import { Play } from "../media/icons";
import "./posts.css";

/** PostQuote is the card of a post in little, where somebody answers it. */
export function PostQuote({ of }: { of: Pick<Post, "title" | "author" | "poster"> }) {
  return (
    <span class="post-quote">
      <span class="post-quote-picture">
        {of.poster && <img src={of.poster} alt="" draggable={false} />}
        <Play size={0.75} />
      </span>
      <span class="post-quote-words">
        <bdi class="one-line strong">{of.title}</bdi>
        {of.author && <bdi class="one-line">{of.author}</bdi>}
      </span>
    </span>
  );
}
