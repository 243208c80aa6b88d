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
    clearTimeout(this.timer);
    if (this.last === 0) return;
    this.last = 0;
    this.tell(false);
  }

  private tell(on: boolean): void {
    core.typing({ room: this.room, on }).catch(() => undefined);
  }
}
