// Sealed attachments: what Go's package media says, in TypeScript. A blob is a salt, a
// commitment, and chunks of 16 KiB with a tag each, the last one shorter: C2SP
// chunked-encryption with AES-256-GCM and SHA-512, over a plaintext padded by Padmé.

/** Sizes of the construction, in bytes. */
export const KEY = 32;
export const CHUNK = 16384;
export const TAG = 16;
export const SALT = 24;
export const HEAD = 56; // salt and commitment
export const SEALED_CHUNK = CHUNK + TAG;

/** What a plaintext may have at most: as Go's MaxSize. */
export const MAX_SIZE = 2 ** 46;

/** Sealed describes a blob: what a message says of it. */
export interface Sealed {
  /** SHA-256 of the blob, in hexadecimal: its name */
  blob: string;
  /** 32 bytes, in base64url */
  key: string;
  /** bytes of the plaintext, without padding */
  size: number;
  /** bytes of the blob */
  sealed: number;
  /** SHA-256 of the plaintext, in hexadecimal */
  hash: string;
}

/** Access is leave to send and fetch blobs. */
export interface Access {
  /** the server's origin */
  base: string;
  token: string;
  /** Unix milliseconds */
  expires_ms: number;
}

/**
 * MediaError is why an attachment wasn't sent or fetched. code is one of the server's,
 * or wrong (it isn't what was named, and nothing of it may be shown), changed (the
 * file isn't as it was) or offline. status is that of the server's answer, or 0.
 */
export class MediaError extends Error {
  constructor(
    readonly code: string,
    readonly status = 0,
  ) {
    super(`media: ${code}`);
    this.name = "MediaError";
  }
}

/** wrong is the error of what doesn't check. */
export const wrong = () => new MediaError("wrong");

/** paddedSize is Padmé (PoPETs 2019(4), "Reducing Metadata Leakage from Encrypted Files and Communication with PURBs", Algorithm 1). */
export function paddedSize(size: number): number {
  if (size < 2) return size;
  const exponent = log2(size);
  const unit = 2 ** Math.max(0, exponent - log2(exponent) - 1);
  return Math.ceil(size / unit) * unit;
}

/** log2 is rounded down. Math.log2 alone isn't exact. */
function log2(n: number): number {
  const e = Math.floor(Math.log2(n));
  return 2 ** e > n ? e - 1 : 2 ** (e + 1) <= n ? e + 1 : e;
}

/** sealedSize is the bytes of the blob of a plaintext. */
export function sealedSize(size: number): number {
  const padded = paddedSize(size);
  return HEAD + padded + (Math.floor(padded / CHUNK) + 1) * TAG;
}

/** chunkAt is where a chunk begins in its blob. */
export const chunkAt = (chunk: number): number => HEAD + chunk * SEALED_CHUNK;

/** checkSealed throws wrong unless a description can be one. What a peer wrote comes here first. */
export function checkSealed(a: Sealed): void {
  const whole = Number.isSafeInteger(a.size) && a.size >= 0 && a.size <= MAX_SIZE;
  if (!whole || sealedSize(a.size) !== a.sealed) throw wrong();
  if (!/^[0-9a-f]{64}$/.test(a.blob) || !/^[0-9a-f]{64}$/.test(a.hash) || !/^[\w-]{43}$/.test(a.key)) throw wrong();
}

export const hex = (b: Uint8Array): string => Array.from(b, (x) => x.toString(16).padStart(2, "0")).join("");

export function unhex(s: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(s.match(/../g) ?? [], (x) => parseInt(x, 16));
}

export function base64url(b: Uint8Array): string {
  return btoa(String.fromCharCode(...b)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

export function unbase64url(s: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(s.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
}

/** same compares in constant time. */
export function same(a: Uint8Array, b: Uint8Array): boolean {
  let or = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) or |= a[i]! ^ (b[i] ?? 0);
  return or === 0;
}

/** allZero says whether there is nothing but padding. */
export function allZero(b: Uint8Array): boolean {
  let or = 0;
  for (const x of b) or |= x;
  return or === 0;
}
