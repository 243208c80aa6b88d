// A stream's bytes in the sizes that are asked for.

import { wrong } from "./format";

type Bytes = Uint8Array<ArrayBuffer>;

/** An Input reads a stream. It keeps no more than the piece that came last. */
export class Input {
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>;
  private rest = new Uint8Array(0) as Uint8Array;

  constructor(src: ReadableStream<Uint8Array>) {
    this.reader = src.getReader();
  }

  /** take returns exactly n bytes, in into if that is given; a stream that ends before throws wrong. */
  async take(n: number, into?: Bytes): Promise<Bytes> {
    const out = into?.subarray(0, n) ?? new Uint8Array(n);
    for (let at = 0; at < n; ) {
      if (this.rest.length === 0 && !(await this.more())) throw wrong();
      const some = this.rest.subarray(0, n - at);
      out.set(some, at);
      at += some.length;
      this.rest = this.rest.subarray(some.length);
    }
    return out;
  }

  /** more waits for the next piece; false: there is none. */
  private async more(): Promise<boolean> {
    const { value, done } = await this.reader.read();
    if (value) this.rest = value;
    return !done;
  }

  /** ended says whether nothing follows. */
  async ended(): Promise<boolean> {
    while (this.rest.length === 0) if (!(await this.more())) return true;
    return false;
  }

  async close(): Promise<void> {
    await this.reader.cancel().catch(() => {});
  }
}
