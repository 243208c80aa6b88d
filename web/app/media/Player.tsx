import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Attachment } from "../../lib/core";
import { downloadAll } from "../../lib/media/download";
import { playable, release } from "../../lib/media/play";
import { t } from "../strings";
import { Spinner } from "../ui";
import { access } from "./access";
import { Fill } from "./Fill";
import { PlayerBar } from "./PlayerBar";
import { PlayerState } from "./playerState";
import { lackOf } from "./reasons";
import { Trouble } from "./Trouble";
import type { Loading } from "./loaded";

export interface PlayerProps {
  a: Attachment;
  room: string;
  /** It is viewed once: then it comes whole, since it is gone at the server as soon as it was opened, and counts as opened by this before it plays. */
  claim?: () => Promise<void>;
}

/** address is where a video is played from; release lets go of it. */
async function address(a: Attachment, room: string, claim: PlayerProps["claim"], signal: AbortSignal): Promise<string> {
  if (!claim) return playable(a, room, access, signal);
  const file = await downloadAll(a, room, access, signal);
  signal.throwIfAborted(); // closed meanwhile: it wasn't seen
  await claim();
  return URL.createObjectURL(file);
}

/** Player plays a video as it arrives. It begins when it is drawn: somebody pressed for it. */
export function Player({ a, room, claim }: PlayerProps) {
  const once = claim !== undefined;
  const box = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const url = useSignal("");
  const trouble = useSignal<Loading | null>(null);
  const turn = useSignal(0);
  const state = useMemo(() => new PlayerState(a.duration_ms), [a.blob]);
  state.video = video;
  state.box = box;

  useEffect(() => {
    const stop = new AbortController();
    let mine = "";
    trouble.value = null;
    address(a, room, claim, stop.signal).then(
      (u) => {
        mine = u;
        if (stop.signal.aborted) release(u);
        else url.value = u;
      },
      (e) => !stop.signal.aborted && (trouble.value = lackOf(e)),
    );
    return () => {
      stop.abort();
      if (mine) release(mine);
    };
  }, [a.blob, turn.value]);
  useEffect(() => {
    box.current?.focus({ preventScroll: true });
    return state.start();
  }, [state]);

  const failed = () => url.value !== "" && (trouble.value = { is: "failed" });
  const again = () => {
    url.value = "";
    turn.value++;
  };
  const waits = !trouble.value && (url.value === "" || state.waits.value);
  return (
    <div
      ref={box}
      class={state.shown.value ? "player" : "player still"}
      role="group"
      aria-label={t("media.player")}
      tabIndex={0}
      onKeyDown={(e) => state.key(e)}
      onPointerMove={() => state.stir()}
      onFocusIn={() => state.stir()}
    >
      {!state.began.value && <Fill a={a} />}
      {url.value && !trouble.value && (
        <video
          ref={video}
          src={url.value}
          autoplay
          playsInline
          preload="auto"
          disablePictureInPicture={once}
          aria-label={a.alt || undefined}
          onError={failed}
          onClick={() => state.toggle()}
          onDblClick={() => void state.whole()}
          {...state.handlers}
        />
      )}
      {waits && (
        <span class="player-wait" role="status">
          <Spinner />
          <span class="unseen">{t("media.loading")}</span>
        </span>
      )}
      {trouble.value ? <Trouble state={trouble.value} again={again} /> : <PlayerBar state={state} once={once} />}
    </div>
  );
}
