import { useMemo } from "preact/hooks";
import { thumbHashToDataURL } from "thumbhash";
import type { Attachment } from "../../lib/core";
import { smallPicture } from "./pixels";

/** Fill is what stands where a picture will be until it has arrived: the poster, or what its ThumbHash gives. */
export function Fill({ a }: { a: Pick<Attachment, "poster" | "thumb"> }) {
  const url = useMemo(() => smallPicture(a.poster) || thumbURL(a.thumb), [a.poster, a.thumb]);
  return url ? <img class="media-fill" src={url} alt="" draggable={false} /> : <span class="media-fill" />;
}

/** thumbURL is a ThumbHash as a data: URL, '' where it isn't one. Its picture is at most 32 pixels wide. */
export function thumbURL(thumb: string): string {
  if (thumb === "") return "";
  try {
    const hash = Uint8Array.from(atob(thumb), (c) => c.charCodeAt(0));
    return hash.length >= 5 && hash.length <= 64 ? thumbHashToDataURL(hash) : "";
  } catch {
    return "";
  }
}
