// The keys of a blob, and its chunks, over WebCrypto.

import { CHUNK, HEAD, KEY, SALT, SEALED_CHUNK, same, wrong } from "./format";

/** What the keys are for: the specification's context. */
const CONTEXT = "parley/att/v1";
const PREFIX = "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0";
const NONCE = 12;

type Bytes = Uint8Array<ArrayBuffer>;

/** A Box seals and opens the chunks of one blob. */
export class Box {
  private constructor(
    private readonly key: CryptoKey,
    private readonly base: Bytes,
    private readonly commitment: Bytes,
    private readonly salt: Bytes,
  ) {}

  /** of derives the box of a key and a salt (chunked-encryption, Section "Key derivation"). */
  static async of(key: Bytes, salt: Bytes): Promise<Box> {
    const text = new TextEncoder();
    const out = await expand(key, [text.encode(PREFIX), salt, text.encode(CONTEXT)], KEY + NONCE + (HEAD - SALT));
    const aes = await crypto.subtle.importKey("raw", out.slice(0, KEY), "AES-GCM", false, ["encrypt", "decrypt"]);
    const box = new Box(aes, out.slice(KEY, KEY + NONCE), out.slice(KEY + NONCE), salt);
    out.fill(0, 0, KEY);
    return box;
  }

  /** unlock is of for a blob's head, whose commitment must be the key's: else it throws wrong. */
  static async unlock(key: Bytes, head: Bytes): Promise<Box> {
    if (head.length !== HEAD) throw wrong();
    const box = await Box.of(key, head.slice(0, SALT));
    if (!same(box.commitment, head.subarray(SALT))) throw wrong();
    return box;
  }

  /** head is what a blob begins with. */
  head(): Bytes {
    const head = new Uint8Array(HEAD);
    head.set(this.salt);
    head.set(this.commitment, SALT);
    return head;
  }

  /** nonce is the base with the chunk's number in it (Section "AEAD usage"). */
  private nonce(chunk: number): Bytes {
    const n = this.base.slice();
    for (let i = NONCE - 1, rest = chunk; rest > 0; i--, rest = Math.floor(rest / 256)) n[i]! ^= rest % 256;
    return n;
  }

  /** seal seals plain as the chunks from first on, each but the last of them whole; end: the last one ends the blob, and is shorter. */
  async seal(plain: Bytes, first: number, end: boolean): Promise<Bytes[]> {
    const count = Math.floor(plain.length / CHUNK) + (end ? 1 : 0);
    const calls = Array.from({ length: count }, (_, i) =>
      crypto.subtle.encrypt({ name: "AES-GCM", iv: this.nonce(first + i) }, this.key, plain.subarray(i * CHUNK, (i + 1) * CHUNK)),
    );
    return (await Promise.all(calls)).map((b) => new Uint8Array(b));
  }

  /** open opens the chunks from first on. If one doesn't check it throws wrong, and nothing of any is returned. */
  async open(sealed: Bytes, first: number): Promise<Bytes[]> {
    const count = Math.ceil(sealed.length / SEALED_CHUNK);
    const calls = Array.from({ length: count }, (_, i) =>
      crypto.subtle.decrypt({ name: "AES-GCM", iv: this.nonce(first + i) }, this.key, sealed.subarray(i * SEALED_CHUNK, (i + 1) * SEALED_CHUNK)),
    );
    const chunks = await Promise.all(calls).catch(() => {
      throw wrong();
    });
    return chunks.map((b) => new Uint8Array(b));
  }
}

/** expand is HKDF-Expand with SHA-512 (RFC 5869, Section 2.3). WebCrypto's own HKDF always extracts before it. */
async function expand(prk: Bytes, info: Bytes[], length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", prk, { name: "HMAC", hash: "SHA-512" }, false, ["sign"]);
  let out: Bytes = new Uint8Array(0);
  let last: Bytes = out;
  for (let i = 1; out.length < length; i++) {
    last = new Uint8Array(await crypto.subtle.sign("HMAC", key, join([last, ...info, Uint8Array.of(i)])));
    out = join([out, last]);
  }
  return out.slice(0, length);
}

/** join puts pieces together. */
function join(pieces: readonly Uint8Array[]): Bytes {
  const out = new Uint8Array(pieces.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of pieces) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
