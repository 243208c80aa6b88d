/** What a player does: with its video, for its keys, and what of it is in sight. */

import { signal } from "@preact/signals";
import type { RefObject } from "preact";
import { faster, only } from "./playing";

/** How far an arrow goes, in seconds. */
const step = 5;
/** How long after the last move the bar goes while it plays, in milliseconds. */
const quiet = 2500;

export class PlayerState {
  video: RefObject<HTMLVideoElement | null> = { current: null };
  box: RefObject<HTMLElement | null> = { current: null };
  readonly playing = signal(false);
  readonly began = signal(false);
  readonly waits = signal(true);
  readonly at = signal(0); // seconds
  readonly length = signal(0);
  readonly buffered = signal(0);
  readonly muted = signal(false);
  readonly speed = signal(1);
  readonly isWhole = signal(false);
  /** whether the bar is in sight */
  readonly shown = signal(true);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(durationMS: number) {
    this.length.value = durationMS / 1000;
  }

  /** start watches what the browser itself changes. */
  start(): () => void {
    const whole = () => (this.isWhole.value = document.fullscreenElement === this.box.current && this.box.current !== null);
    document.addEventListener("fullscreenchange", whole);
    return () => {
      document.removeEventListener("fullscreenchange", whole);
      clearTimeout(this.timer);
    };
  }

  readonly handlers = {
    onPlay: () => {
      this.playing.value = true;
      if (this.video.current) only(this.video.current);
      this.stir();
    },
    onPause: () => {
      this.playing.value = false;
      this.shown.value = true;
    },
    onLoadedData: () => {
      this.began.value = true;
      this.waits.value = false;
      this.measure();
    },
    onWaiting: () => (this.waits.value = true),
    onPlaying: () => (this.waits.value = false),
    onSeeking: () => (this.waits.value = true),
    onSeeked: () => (this.waits.value = false),
    onTimeUpdate: () => this.measure(),
    onDurationChange: () => this.measure(),
    onProgress: () => this.measure(),
    onVolumeChange: () => (this.muted.value = this.video.current?.muted ?? false),
    onRateChange: () => (this.speed.value = this.video.current?.playbackRate ?? 1),
  };

  private measure(): void {
    const v = this.video.current;
    if (!v) return;
    this.at.value = v.currentTime;
    if (Number.isFinite(v.duration)) this.length.value = v.duration;
    for (let i = 0; i < v.buffered.length; i++) {
      if (v.buffered.start(i) <= v.currentTime + 0.1 && v.buffered.end(i) >= v.currentTime) this.buffered.value = v.buffered.end(i);
    }
  }

  /** stir shows the bar, and hides it again after a while if it plays. */
  stir(): void {
    this.shown.value = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (this.shown.value = !this.playing.value), quiet);
  }

  toggle(): void {
    const v = this.video.current;
    if (!v) return;
    if (v.paused) void v.play().catch(() => undefined);
    else v.pause();
  }

  seek(to: number): void {
    const v = this.video.current;
    if (!v) return;
    v.currentTime = Math.max(0, Math.min(this.length.value || Infinity, to));
    this.at.value = v.currentTime;
  }

  mute(): void {
    const v = this.video.current;
    if (v) v.muted = !v.muted;
  }

  faster(): void {
    const v = this.video.current;
    if (v) v.playbackRate = faster(v.playbackRate);
  }

  get mayWhole(): boolean {
    return document.fullscreenEnabled;
  }

  /** whole fills the screen, or stops to. */
  async whole(): Promise<void> {
    const done = document.fullscreenElement ? document.exitFullscreen() : this.box.current?.requestFullscreen();
    await done?.catch(() => undefined);
  }

  get mayFloat(): boolean {
    return document.pictureInPictureEnabled === true;
  }

  /** float plays in a small window above others, or stops to. */
  async float(): Promise<void> {
    const done = document.pictureInPictureElement ? document.exitPictureInPicture() : this.video.current?.requestPictureInPicture();
    await done?.catch(() => undefined);
  }

  /** key does what a key means to a player. */
  key(e: KeyboardEvent): void {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const onButton = e.target instanceof HTMLButtonElement;
    const onRange = e.target instanceof HTMLInputElement;
    // Time runs from left to right in every language.
    const by = onRange ? undefined : { ArrowLeft: -step, ArrowRight: step }[e.key];
    if (by !== undefined) this.seek(this.at.value + by);
    else if (e.key === "k" || (e.key === " " && !onButton && !onRange)) this.toggle();
    else if (e.key === "m") this.mute();
    else if (e.key === "f") void this.whole();
    else if (e.key === ">") this.faster();
    else if (e.key === "Home" && !onRange) this.seek(0);
    else if (e.key === "End" && !onRange) this.seek(this.length.value);
    else return void this.stir();
    e.preventDefault();
    e.stopPropagation();
    this.stir();
  }
}
