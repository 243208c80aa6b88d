/** Telling others that one writes: seldom, and that one has stopped. */

import { core, settings } from "../state";

/** How often it is repeated, and after which silence one has stopped, in milliseconds. */
const every = 4000;
const silence = 6000;

export class TypingSignal {
  private last = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly room: string) {}

  /** wrote is called for each change; empty: nothing is left. */
  wrote(empty: boolean): void {
    if (!settings.value.typing) return;
    if (empty) return this.stop();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.stop(), silence);
    const now = Date.now();
    if (now - this.last < every) return;
    this.last = now;
    this.tell(true);
  }

  stop(): void {
    if (this.last !== 0) this.tell(false);
    this.sent();
  }

  /** sent is called when what was written is sent: nobody has to be told, the message says it. */
  sent(): void {
    clearTimeout(this.timer);
    this.last = 0;
  }

  private tell(on: boolean): void {
    core.typing({ room: this.room, on }).catch(() => undefined);
  }
}
