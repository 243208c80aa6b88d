/** What is being written, kept by the core a moment after it was changed. */

import { core } from "../state";

/** How long after a change it is kept, in milliseconds. */
const pause = 600;

export class Draft {
  private timer: ReturnType<typeof setTimeout> | undefined;
  private kept: string;
  private now: string;

  constructor(
    private readonly room: string,
    text: string,
  ) {
    this.kept = this.now = text;
  }

  /** change notes what is written now. */
  change(text: string): void {
    this.now = text;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.keep(), pause);
  }

  /** keep keeps it at once: before one leaves. */
  keep(): void {
    clearTimeout(this.timer);
    if (this.now === this.kept) return;
    this.kept = this.now;
    core.setDraft({ room: this.room, text: this.now }).catch(() => undefined);
  }
}
