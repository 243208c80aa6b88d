// SHA-256 of what doesn't fit in memory: WebCrypto's digest wants all of it at once.

import { createSHA256 } from "hash-wasm";

/** A Hasher takes bytes, and says their hash at the end. */
export interface Hasher {
  update(b: Uint8Array): void;
  hex(): string;
}

/** hasher begins a SHA-256. */
export async function hasher(): Promise<Hasher> {
  const h = await createSHA256();
  h.init();
  return { update: (b) => void h.update(b), hex: () => h.digest("hex") };
}
