// Uploading an attachment.

import { background } from "./background";
import type { Access, Sealed } from "./format";

export type { Access, Sealed } from "./format";
export { MediaError } from "./format";

/**
 * upload seals a file and sends it, in parts, with patience for a connection that
 * drops and a server that starts anew. progress tells bytes of the sealed blob. It
 * rejects with a MediaError, or with the signal's reason; the server then forgets
 * what it has.
 */
export function upload(file: Blob, access: () => Promise<Access>, on: { progress(sent: number, of: number): void }, signal: AbortSignal): Promise<Sealed> {
  return background({ do: "upload", file }, access, (sent, of) => on.progress(sent, of), signal) as Promise<Sealed>;
}
