import { t } from "../strings";
import { IconButton } from "../ui";
import { Pause, Play, Small, Sound, SoundOff, Whole, WholeEnd } from "./icons";
import type { PlayerState } from "./playerState";
import { clockOf } from "./wave";
import { times } from "./words";

/** PlayerBar is a player's buttons, and where it is. It runs from left to right in every language, as time does there. */
export function PlayerBar({ state, once }: { state: PlayerState; once?: boolean }) {
  const { at, length, playing, muted, speed } = state;
  const time = { at: clockOf(at.value * 1000), time: clockOf(length.value * 1000) };
  return (
    <div class="player-bar" dir="ltr" onClick={(e) => e.stopPropagation()}>
      <div class="player-way">
        <span class="player-buffered" style={{ inlineSize: `${part(state.buffered.value, length.value)}%` }} />
        <input
          type="range"
          class="player-range"
          min={0}
          max={Math.max(0.1, length.value)}
          step={0.1}
          value={at.value}
          style={{ "--done": `${part(at.value, length.value)}%` }}
          aria-label={t("media.position")}
          aria-valuetext={t("media.positionOf", time)}
          onInput={(e) => state.seek(Number(e.currentTarget.value))}
        />
      </div>
      <div class="player-buttons">
        <IconButton small label={t(playing.value ? "media.pause" : "media.play")} icon={playing.value ? Pause : Play} onClick={() => state.toggle()} />
        <span class="player-time">
          {time.at} / {time.time}
        </span>
        <button type="button" class="player-speed" aria-label={t("media.speed", { speed: times(speed.value) })} onClick={() => state.faster()}>
          {times(speed.value)}
        </button>
        <IconButton small label={t(muted.value ? "media.unmute" : "media.mute")} icon={muted.value ? SoundOff : Sound} onClick={() => state.mute()} />
        {state.mayFloat && !once && <IconButton small class="player-pip" label={t("media.pip")} icon={Small} onClick={() => void state.float()} />}
        {state.mayWhole && (
          <IconButton small label={t(state.isWhole.value ? "media.fullscreenEnd" : "media.fullscreen")} icon={state.isWhole.value ? WholeEnd : Whole} onClick={() => void state.whole()} />
        )}
      </div>
    </div>
  );
}

function part(of: number, all: number): number {
  return all > 0 ? Math.min(100, (100 * of) / all) : 0;
}
