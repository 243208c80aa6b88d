// Downloading a blob: whole, going on where a dropped connection left it.

import { MediaError, checkSealed, wrong, type Sealed } from "./format";
import { Patience, send, type Asker } from "./http";
import { openAll } from "./open";

const BLOBS = "/v1/blobs/";
/** A room that refers to the blob, and that the account is in. */
const ROOM = "Parley-Room";

/** fetchRange asks for the bytes from to to (exclusive) of a blob. The answer has exactly those, or it throws. */
export async function fetchRange(ask: Asker, blob: string, room: string, from: number, to: number, signal: AbortSignal): Promise<Response> {
  const response = await send(ask, BLOBS + blob, { headers: { [ROOM]: room, Range: `bytes=${from}-${to - 1}` }, signal });
  const range = /^bytes (\d+)-(\d+)\//.exec(response.headers.get("Content-Range") ?? "");
  if (response.status !== 206 || Number(range?.[1]) !== from || Number(range?.[2]) !== to - 1) {
    void response.body?.cancel();
    throw wrong();
  }
  return response;
}

/** downloadSealed fetches and opens a blob. It returns nothing of what doesn't check as a whole. */
export async function downloadSealed(a: Sealed & { type: string }, room: string, ask: Asker, progress: (got: number, of: number) => void, signal: AbortSignal): Promise<Blob> {
  checkSealed(a);
  const stop = new AbortController(); // ends the request too where what came doesn't check
  const both = AbortSignal.any([signal, stop.signal]);
  try {
    return await openAll(stream(a, room, ask, both), a, a.type, (got) => progress(got, a.sealed));
  } finally {
    stop.abort();
  }
}

/** stream is a blob's bytes. It asks again from where it is when a connection drops. */
function stream(a: Sealed, room: string, ask: Asker, signal: AbortSignal): ReadableStream<Uint8Array> {
  const patience = new Patience(signal);
  let at = 0;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const read = async (): Promise<Uint8Array> => {
    for (;;) {
      try {
        reader ??= (await fetchRange(ask, a.blob, room, at, a.sealed, signal)).body?.getReader();
        const { value, done } = (await reader?.read()) ?? { value: undefined, done: true };
        if (done) throw new TypeError("the answer ended early");
        if (at + value.length > a.sealed) throw new MediaError("wrong");
        patience.worked();
        return value;
      } catch (e) {
        reader = undefined;
        await patience.pause(e);
      }
    }
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(to) {
        if (at === a.sealed) return to.close();
        const value = await read();
        at += value.length;
        to.enqueue(value);
      },
      cancel: (why) => reader?.cancel(why),
    },
    { highWaterMark: 0 },
  );
}
