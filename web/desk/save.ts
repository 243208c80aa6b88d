import type { File } from "../lib/desk";

/** save has the browser save a file that the desk gave. */
export function save(file: File) {
  const bytes = Uint8Array.from(atob(file.base64), (c) => c.charCodeAt(0));
  saveBytes(file.name, file.type, bytes);
}

/** saveBytes has the browser save some bytes under a name. */
export function saveBytes(name: string, type: string, bytes: BlobPart) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
