// Downloading an attachment whole.

import { background } from "./background";
import type { Access, Sealed } from "./format";

/**
 * downloadAll fetches an attachment, opens it and checks it whole before it returns
 * it, with its committed type. It rejects with a MediaError (wrong: it isn't what the
 * message says, and nothing of it may be shown), or with the signal's reason.
 */
export function downloadAll(
  a: Sealed & { type: string },
  room: string,
  access: () => Promise<Access>,
  signal: AbortSignal,
  progress: (got: number, of: number) => void = () => {},
): Promise<Blob> {
  const { blob, key, size, sealed, hash, type } = a;
  return background({ do: "download", a: { blob, key, size, sealed, hash, type }, room }, access, progress, signal) as Promise<Blob>;
}
