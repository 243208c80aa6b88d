import { useState } from "preact/hooks";
import type { Post } from "../../lib/core";
import { Play } from "../media/icons";
import { Veiled } from "../media/Veil";
import { hostOf, isPost, plays } from "../links/address";
import { askFirst } from "../markdown/asking";
import { boot } from "../state";
import { t } from "../strings";
import "./posts.css";

/** PostCard is a post of the platform: its poster, title and author. It is played where it stands if the server names its player; else it opens in a tab of its own. Of somebody new it is covered until it is wanted. */
export function PostCard({ of, links, own, room, covered }: { of: Post; links: boolean; own: boolean; room: string; covered: boolean }) {
  const [playing, setPlaying] = useState(false);
  const platform = boot.value?.server?.platform;
  const theirs = isPost(of.url, platform); // whoever sent it may have written any address
  const inPlace = theirs && links && of.player !== "" && plays(of.player, platform);
  const ratio = of.width > 0 && of.height > 0 ? Math.min(Math.max(of.width / of.height, 0.5), 2.4) : 16 / 9;
  return (
    <div class="post-card" ref={(box) => box?.style.setProperty("--ratio", String(ratio))}>
      <div class="post-stage">
        {covered ? (
          <Veiled room={room}>{of.poster && <img class="veiled" src={of.poster} alt="" draggable={false} />}</Veiled>
        ) : playing && inPlace ? (
          <iframe
            src={of.player}
            title={of.title}
            sandbox="allow-scripts allow-same-origin allow-presentation"
            allow="autoplay; encrypted-media; fullscreen"
            allowFullScreen
            referrerpolicy="no-referrer"
          />
        ) : (
          <>
            {of.poster && <img src={of.poster} alt="" draggable={false} />}
            {inPlace && (
              <button type="button" class="post-play" aria-label={t("posts.play", { title: of.title })} onClick={() => setPlaying(true)}>
                <span>
                  <Play size={1.5} />
                </span>
              </button>
            )}
          </>
        )}
      </div>
      <PostWords of={of} links={links} own={own} platform={theirs && platform ? platform.name : hostOf(of.url)} />
    </div>
  );
}

function PostWords({ of, links, own, platform }: { of: Post; links: boolean; own: boolean; platform: string }) {
  const words = (
    <>
      <bdi class="post-title">{of.title}</bdi>
      <span class="post-by">
        {of.author && <bdi class="one-line">{of.author}</bdi>}
        {of.author && <span aria-hidden="true">·</span>}
        <bdi class="one-line">{platform}</bdi>
      </span>
    </>
  );
  if (!links) return <div class="post-words">{words}</div>;
  return (
    <a class="post-words" href={of.url} target="_blank" rel="noopener noreferrer nofollow" onClick={(e) => askFirst(e, of.url, "", true, own)}>
      {words}
    </a>
  );
}
