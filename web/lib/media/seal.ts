// Sealing: a file becomes a blob, some chunks at a time.

import { CHUNK, KEY, MAX_SIZE, MediaError, SALT, base64url, paddedSize, sealedSize, type Sealed } from "./format";
import { Input } from "./input";
import { Box } from "./keys";
import { hasher, type Hasher } from "./sha256";

type Bytes = Uint8Array<ArrayBuffer>;

/** How many chunks are read and sealed at once: 1 MiB. */
const BATCH = 64;

/** Hashes are those of the plaintext and of the whole blob. */
export interface Hashes {
  plain: Hasher;
  whole: Hasher;
}

/** A Reading is some chunks of the padded plaintext. Its bytes are good until the next one. */
interface Reading {
  /** its first chunk */
  chunk: number;
  bytes: Bytes;
  /** how much of it isn't padding */
  mine: number;
  /** whether the plaintext ends with it */
  last: boolean;
}

/** A Sealing is a file under way to be a blob, under a key that seals nothing else. */
export class Sealing {
  /** bytes of the blob */
  readonly sealed: number;

  private constructor(
    private readonly file: Blob,
    private readonly key: Bytes,
    private readonly box: Box,
  ) {
    this.sealed = sealedSize(file.size);
  }

  /** of begins one, under a fresh key; key and salt are given for vectors alone. */
  static async of(file: Blob, key = crypto.getRandomValues(new Uint8Array(KEY)), salt = crypto.getRandomValues(new Uint8Array(SALT))): Promise<Sealing> {
    if (file.size > MAX_SIZE) throw new MediaError("too_large");
    return new Sealing(file, key, await Box.of(key, salt));
  }

  /** pieces are those of the blob, once. What comes next is read, and sealed, while one is used. */
  async *pieces(hashes?: Hashes): AsyncGenerator<Bytes, void> {
    const head = this.box.head();
    hashes?.whole.update(head);
    yield head;
    for await (const batch of this.batches(hashes?.plain)) {
      for (const piece of batch) {
        hashes?.whole.update(piece);
        yield piece;
      }
    }
  }

  /** batches are the sealed chunks, some at a time. */
  private async *batches(plain: Hasher | undefined): AsyncGenerator<Bytes[], void> {
    let sealing: Promise<Bytes[]> | undefined;
    for await (const { chunk, bytes, mine, last } of this.readings()) {
      const before = sealing;
      sealing = this.box.seal(bytes, chunk, last);
      sealing.catch(() => {}); // it is awaited in the next turn
      plain?.update(bytes.subarray(0, mine)); // meanwhile
      if (before) yield await before;
    }
    if (sealing) yield await sealing;
  }

  /** readings are the padded plaintext. A stream is much faster than slices: the browser reads ahead. */
  private async *readings(): AsyncGenerator<Reading, void> {
    const padded = paddedSize(this.file.size);
    const end = Math.floor(padded / CHUNK);
    const input = new Input(this.file.stream());
    const buffer = new Uint8Array(BATCH * CHUNK); // used again: WebCrypto copies what it is given before it returns
    try {
      for (let chunk = 0; chunk <= end; chunk += BATCH) {
        const from = chunk * CHUNK;
        const bytes = buffer.subarray(0, Math.min(buffer.length, padded - from));
        const mine = Math.max(0, Math.min(bytes.length, this.file.size - from));
        await take(input, mine, buffer);
        bytes.fill(0, mine); // padding
        yield { chunk, bytes, mine, last: chunk + BATCH > end };
      }
    } finally {
      await input.close();
    }
  }

  /** described is what a message says of the blob, once all pieces were hashed. */
  described(hashes: Hashes): Sealed {
    return { blob: hashes.whole.hex(), key: base64url(this.key), size: this.file.size, sealed: this.sealed, hash: hashes.plain.hex() };
  }
}

/** newHashes are those that a sealing needs. */
export async function newHashes(): Promise<Hashes> {
  return { plain: await hasher(), whole: await hasher() };
}

/** take reads a part of a file, which must be as it was when it was chosen. */
function take(input: Input, n: number, into: Bytes): Promise<Bytes> {
  return input.take(n, into).catch(() => {
    throw new MediaError("changed");
  });
}
