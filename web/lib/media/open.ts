// Opening: a blob becomes a file again, each chunk checked before it is returned.

import { CHUNK, HEAD, SEALED_CHUNK, allZero, checkSealed, paddedSize, unbase64url, wrong, type Sealed } from "./format";
import { Input } from "./input";
import { Box } from "./keys";
import { hasher } from "./sha256";

type Bytes = Uint8Array<ArrayBuffer>;

/** How many chunks are opened at once: 1 MiB. */
const BATCH = 64;

/**
 * openAll opens a blob as it comes, and checks everything that is said of it: sizes,
 * commitment, chunks, padding, both hashes. It returns the plaintext once all of it
 * has checked, else it throws wrong. The pieces are kept as Blobs, which a browser
 * keeps outside of the page's memory.
 */
export async function openAll(src: ReadableStream<Uint8Array>, want: Sealed, type: string, progress?: (got: number) => void): Promise<Blob> {
  checkSealed(want);
  const input = new Input(src);
  try {
    const file = await opened(input, want, type, progress);
    if (!(await input.ended())) throw wrong();
    return file;
  } finally {
    await input.close();
  }
}

async function opened(input: Input, want: Sealed, type: string, progress?: (got: number) => void): Promise<Blob> {
  const whole = await hasher();
  const plain = await hasher();
  const head = await input.take(HEAD);
  whole.update(head);
  const box = await Box.unlock(unbase64url(want.key), head);
  const parts: Blob[] = [];
  const buffer = new Uint8Array(BATCH * SEALED_CHUNK); // used again: WebCrypto copies what it is given before it returns
  let left = want.size;
  for (let at = HEAD, chunk = 0; at < want.sealed; chunk += BATCH) {
    const sealed = await input.take(Math.min(buffer.length, want.sealed - at), buffer);
    at += sealed.length;
    const opening = box.open(sealed, chunk);
    whole.update(sealed); // meanwhile
    const chunks = mineOf(await opening, left);
    for (const c of chunks) plain.update(c);
    const part = new Blob(chunks);
    left -= part.size;
    if (part.size > 0) parts.push(part);
    progress?.(at);
  }
  if (whole.hex() !== want.blob || plain.hex() !== want.hash) throw wrong();
  return new Blob(parts, { type });
}

/** A Span is what of a blob is needed for the bytes from to to (exclusive) of its plaintext. */
export interface Span {
  /** the first chunk of it */
  chunk: number;
  /** bytes of the blob, to is exclusive */
  from: number;
  to: number;
}

/** span covers bytes of the plaintext. to is beyond from, and at most the size. */
export function span(a: Sealed, from: number, to: number): Span {
  const chunk = Math.floor(from / CHUNK);
  const last = Math.floor((to - 1) / CHUNK);
  return { chunk, from: HEAD + chunk * SEALED_CHUNK, to: Math.min(HEAD + (last + 1) * SEALED_CHUNK, a.sealed) };
}

/** openSpan opens a span, and returns the bytes from to to of the plaintext, chunk by chunk. */
export async function openSpan(box: Box, a: Sealed, s: Span, sealed: Bytes, from: number, to: number): Promise<Bytes[]> {
  if (sealed.length !== s.to - s.from) throw wrong();
  const start = s.chunk * CHUNK;
  const chunks = await box.open(sealed, s.chunk);
  const size = chunks.reduce((n, c) => n + c.length, 0);
  if (size !== Math.min(start + Math.ceil(sealed.length / SEALED_CHUNK) * CHUNK, paddedSize(a.size)) - start) throw wrong();
  const mine = mineOf(chunks, a.size - start);
  return mine.flatMap((c, i) => {
    const at = start + i * CHUNK;
    const wanted = c.subarray(Math.max(0, from - at), Math.max(0, to - at));
    return wanted.length > 0 ? [wanted] : [];
  });
}

/** mineOf is what of some chunks is within the next left bytes; after them is nothing but zeros. */
function mineOf(chunks: Bytes[], left: number): Bytes[] {
  return chunks.map((c) => {
    const mine = Math.max(0, Math.min(left, c.length));
    left -= mine;
    if (mine === c.length) return c;
    if (!allZero(c.subarray(mine))) throw wrong();
    return c.subarray(0, mine);
  });
}
