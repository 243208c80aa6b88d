/** Recording a voice message. */

import { signal } from "@preact/signals";
import { bareType } from "./kinds";
import { encodeWave, levelOf } from "./wave";

/** The longest that a voice message may be, in milliseconds. */
export const longest = 60_000;
/** How often the level is measured, in milliseconds. */
const beat = 50;
/** What is recorded: the first that the browser can. */
const types = ["audio/webm;codecs=opus", "audio/mp4;codecs=mp4a.40.2", "audio/mp4", "audio/ogg;codecs=opus", "audio/webm"];
/** Enough for speech, in bits a second. */
const rate = 32_000;

/** A Recorded voice message. */
export interface Recorded {
  file: File;
  duration: number; // milliseconds
  wave: string;
}

/** refused: a person, or the browser, said no to the microphone; none: there is none. */
export type Refusal = "refused" | "none";

/** mayRecord says whether this browser can at all. */
export function mayRecord(): boolean {
  return typeof MediaRecorder !== "undefined" && navigator.mediaDevices !== undefined && types.some((one) => MediaRecorder.isTypeSupported(one));
}

/** A Recording is under way from open until stop or cancel. */
export class Recording {
  readonly levels = signal<readonly number[]>([]);
  readonly at = signal(0); // milliseconds
  private recorder: MediaRecorder | null = null;
  private stream: MediaStream | null = null;
  private sound: AudioContext | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;
  private begun = 0;
  private ended: Promise<unknown> = Promise.resolve();
  private pieces: Blob[] = [];

  /** full is called once, when there is no more room. */
  constructor(private readonly full: () => void) {}

  /** open asks for the microphone and begins. null: it does; else why not. */
  async open(): Promise<Refusal | null> {
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: { echoCancellation: true, noiseSuppression: true } });
    } catch (e) {
      return e instanceof DOMException && (e.name === "NotAllowedError" || e.name === "SecurityError") ? "refused" : "none";
    }
    this.stream = stream;
    try {
      this.record(stream);
    } catch {
      this.still(); // the microphone isn't left on
      return "none";
    }
    return null;
  }

  private record(stream: MediaStream): void {
    const mimeType = types.find((one) => MediaRecorder.isTypeSupported(one));
    this.recorder = new MediaRecorder(stream, { mimeType, audioBitsPerSecond: rate });
    this.recorder.ondataavailable = (e) => void (e.data.size > 0 && this.pieces.push(e.data));
    const recorder = this.recorder;
    this.ended = new Promise((resolve) => (recorder.onstop = resolve));
    recorder.start(1000);
    this.begun = performance.now();
    this.listen(stream);
  }

  private listen(stream: MediaStream): void {
    this.sound = new AudioContext();
    const ear = this.sound.createAnalyser();
    ear.fftSize = 2048;
    this.sound.createMediaStreamSource(stream).connect(ear);
    const samples = new Float32Array(ear.fftSize);
    this.timer = setInterval(() => {
      ear.getFloatTimeDomainData(samples);
      this.levels.value = [...this.levels.value, levelOf(samples)];
      this.at.value = Math.min(longest, performance.now() - this.begun);
      if (this.at.value >= longest) {
        this.still();
        this.full();
      }
    }, beat);
  }

  /** stop ends it and returns what was recorded; null: nothing was. */
  async stop(): Promise<Recorded | null> {
    const recorder = this.recorder;
    if (!recorder) return null;
    const duration = Math.min(longest, performance.now() - this.begun);
    this.still();
    await this.ended;
    const type = bareType(recorder.mimeType);
    const ending = { "audio/mp4": "m4a", "audio/ogg": "ogg" }[type] ?? "webm";
    const file = new File(this.pieces, `voice.${ending}`, { type });
    return file.size > 0 && duration > 300 ? { file, duration: Math.round(duration), wave: encodeWave(this.levels.value) } : null;
  }

  /** cancel ends it, and nothing is kept. */
  cancel(): void {
    this.still();
    this.pieces = [];
  }

  /** still hears nothing more, and lets go of the microphone. */
  private still(): void {
    clearInterval(this.timer);
    if (this.recorder && this.recorder.state !== "inactive") this.recorder.stop();
    this.stream?.getTracks().forEach((track) => track.stop());
    void this.sound?.close().catch(() => undefined);
    this.sound = null;
  }
}
