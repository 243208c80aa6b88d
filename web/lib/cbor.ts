// The CBOR (RFC 8949) in which values cross between JavaScript and Go: what
// JSON can hold, and byte strings.

const text = new TextEncoder();
const untext = new TextDecoder("utf-8", { fatal: true });

/** encode returns a value of null, booleans, numbers, strings, bytes, arrays and objects; what is undefined in an object is left out. */
export function encode(value: unknown): Uint8Array {
  const w = new Writer();
  w.value(value);
  return w.bytes();
}

class Writer {
  private buffer = new Uint8Array(256);
  private at = 0;

  bytes(): Uint8Array {
    return this.buffer.slice(0, this.at);
  }

  private room(n: number): void {
    if (this.at + n <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(2 * this.buffer.length, this.at + n));
    larger.set(this.buffer);
    this.buffer = larger;
  }

  private head(major: number, n: number): void {
    this.room(9);
    const view = new DataView(this.buffer.buffer);
    const [info, size] = n < 24 ? [n, 0] : n < 0x100 ? [24, 1] : n < 0x10000 ? [25, 2] : n < 0x1_0000_0000 ? [26, 4] : [27, 8];
    view.setUint8(this.at, (major << 5) | info);
    if (size === 1) view.setUint8(this.at + 1, n);
    else if (size === 2) view.setUint16(this.at + 1, n);
    else if (size === 4) view.setUint32(this.at + 1, n);
    else if (size === 8) view.setBigUint64(this.at + 1, BigInt(n));
    this.at += 1 + size;
  }

  private string(major: number, b: Uint8Array): void {
    this.head(major, b.length);
    this.room(b.length);
    this.buffer.set(b, this.at);
    this.at += b.length;
  }

  value(v: unknown): void {
    if (v === null || v === undefined) this.head(7, 22);
    else if (typeof v === "boolean") this.head(7, v ? 21 : 20);
    else if (typeof v === "number") this.number(v);
    else if (typeof v === "string") this.string(3, text.encode(v));
    else if (v instanceof Uint8Array) this.string(2, v);
    else if (Array.isArray(v)) {
      this.head(4, v.length);
      for (const item of v) this.value(item);
    } else if (typeof v === "object") this.object(v);
    else throw new TypeError(`no CBOR for a ${typeof v}`);
  }

  private number(n: number): void {
    if (!Number.isSafeInteger(n)) throw new TypeError("no CBOR for this number");
    if (n < 0) this.head(1, -1 - n);
    else this.head(0, n);
  }

  private object(o: object): void {
    const pairs = Object.entries(o).filter(([, v]) => v !== undefined);
    this.head(5, pairs.length);
    for (const [key, v] of pairs) {
      this.string(3, text.encode(key));
      this.value(v);
    }
  }
}

/** decode returns the value of what Go wrote. */
export function decode(bytes: Uint8Array): unknown {
  const r = new Reader(bytes);
  return r.value();
}

class Reader {
  private at = 0;
  private readonly view: DataView;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  private argument(info: number): number {
    const at = this.at;
    switch (info) {
      case 24:
        this.at += 1;
        return this.view.getUint8(at);
      case 25:
        this.at += 2;
        return this.view.getUint16(at);
      case 26:
        this.at += 4;
        return this.view.getUint32(at);
      case 27:
        this.at += 8;
        return Number(this.view.getBigUint64(at));
    }
    return info;
  }

  private take(n: number): Uint8Array {
    this.at += n;
    return this.bytes.subarray(this.at - n, this.at);
  }

  value(): unknown {
    const first = this.view.getUint8(this.at++);
    const n = this.argument(first & 31);
    switch (first >> 5) {
      case 0:
        return n;
      case 1:
        return -1 - n;
      case 2:
        return this.take(n).slice();
      case 3:
        return untext.decode(this.take(n));
      case 4:
        return Array.from({ length: n }, () => this.value());
      case 5:
        return Object.fromEntries(Array.from({ length: n }, () => [this.value(), this.value()] as [string, unknown]));
      case 7:
        if (n === 20 || n === 21) return n === 21;
        if (n === 22) return null;
    }
    throw new TypeError("CBOR that Go doesn't write");
  }
}
