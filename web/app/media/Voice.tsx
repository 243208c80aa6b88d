import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Attachment } from "../../lib/core";
import { t } from "../strings";
import { Spinner } from "../ui";
import { Bars } from "./Bars";
import { Pause, Play } from "./icons";
import { useLoaded } from "./loaded";
import { faster, markPlayed, only, wasPlayed } from "./playing";
import { Trouble } from "./Trouble";
import { clockOf, decodeWave } from "./wave";
import { times } from "./words";

/** How far an arrow goes, in seconds. */
const step = 3;

/** Voice is a voice message: it is fetched when it is drawn, as it is small, and plays where it stands. */
export function Voice({ a, room, own }: { a: Attachment; room: string; own: boolean }) {
  const held = useLoaded(a, room);
  const state = held.state.value;
  const audio = useRef<HTMLAudioElement>(null);
  const levels = useMemo(() => decodeWave(a.wave), [a.wave]);
  const [at, playing, speed, bad] = [useSignal(0), useSignal(false), useSignal(1), useSignal(false)];
  const length = Math.max(0.1, a.duration_ms / 1000);
  const fresh = !own && !wasPlayed(a.blob);

  useEffect(() => {
    if (!playing.value) return;
    let frame = 0;
    const follow = () => {
      at.value = audio.current?.currentTime ?? 0;
      frame = requestAnimationFrame(follow);
    };
    follow();
    return () => cancelAnimationFrame(frame);
  }, [playing.value]);

  const toggle = () => {
    const el = audio.current;
    if (!el) return;
    if (!el.paused) return el.pause();
    el.playbackRate = speed.value;
    void el.play().catch(() => (bad.value = true));
  };
  const seek = (to: number) => {
    if (!audio.current) return;
    audio.current.currentTime = at.value = Math.max(0, Math.min(length, to));
  };
  const quicken = () => {
    speed.value = faster(speed.value);
    if (audio.current) audio.current.playbackRate = speed.value;
  };
  return (
    <div class={fresh ? "voice fresh-voice" : "voice"}>
      <button type="button" class="voice-play" disabled={state.is !== "ready"} aria-label={`${t(playing.value ? "media.pause" : "media.play")}: ${t("media.voiceOf", { time: clockOf(a.duration_ms) })}${fresh ? `, ${t("media.unplayed")}` : ""}`} onClick={toggle}>
        {state.is === "waiting" ? <Spinner /> : playing.value ? <Pause size={1.25} /> : <Play size={1.25} />}
      </button>
      <div class="voice-middle">
        <Bars
          levels={levels}
          part={at.value / length}
          label={t("media.position")}
          text={t("media.positionOf", { at: clockOf(at.value * 1000), time: clockOf(a.duration_ms) })}
          onSeek={(part) => seek(part * length)}
          onStep={(by) => seek(at.value + by * step)}
        />
        <span class="voice-small">
          <span>{clockOf(playing.value || at.value > 0 ? at.value * 1000 : a.duration_ms)}</span>
          {fresh && <span class="voice-dot" aria-hidden="true" />}
          {(bad.value || state.is === "unfit") && <span>{t("media.noPlay")}</span>}
        </span>
        <Trouble state={state} again={held.again} />
      </div>
      <button type="button" class="voice-speed" aria-label={t("media.speed", { speed: times(speed.value) })} onClick={quicken}>
        {times(speed.value)}
      </button>
      {state.is === "ready" && (
        <audio
          ref={audio}
          src={state.url}
          preload="auto"
          onPlay={(e) => {
            only(e.currentTarget);
            playing.value = true;
            if (!own) markPlayed(a.blob);
          }}
          onPause={() => (playing.value = false)}
          onEnded={() => (at.value = 0)}
          onError={() => (bad.value = true)}
        />
      )}
    </div>
  );
}
