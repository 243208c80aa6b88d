// Uploading: tus 1.0.0 with its creation and termination. A drop of the connection, or
// a server that starts anew, costs the part under way; its offset is asked for then.

import { MediaError, wrong, type Sealed } from "./format";
import { Patience, send, type Asker } from "./http";
import { Sealing, newHashes } from "./seal";

const VERSION = { "Tus-Resumable": "1.0.0" };
const UPLOADS = "/v1/uploads";
/** The answer that ends an upload has the blob's name in it. */
const NAME = "Parley-Blob";

/** Parts begin at this, and grow and shrink with how long they take: between these, in bytes. */
const FIRST_PART = 512 << 10;
const LEAST_PART = 128 << 10;
const MOST_PART = 4 << 20;
/** How long a part should take, in milliseconds. */
const SHORT = 700;
const LONG = 4000;

/** How often an upload is begun that the server then loses. */
const MOST_BEGUN = 4;

/** uploadSealed seals a file and sends it. */
export async function uploadSealed(file: Blob, ask: Asker, progress: (sent: number, of: number) => void, signal: AbortSignal): Promise<Sealed> {
  for (let begun = 1; ; begun++) {
    try {
      return await once(file, ask, progress, signal);
    } catch (e) {
      if (!(e instanceof Lost)) throw e;
      if (begun === MOST_BEGUN) throw new MediaError("offline");
    }
  }
}

/**
 * A Lost upload is one of which the server has less than is still here. It is begun
 * anew under a fresh key: what was sealed is never sealed again, since nothing says
 * that the file is still the same.
 */
class Lost extends Error {}

async function once(file: Blob, ask: Asker, progress: (sent: number, of: number) => void, signal: AbortSignal): Promise<Sealed> {
  const sealing = await Sealing.of(file);
  const upload = new Upload(ask, sealing.sealed, progress, signal);
  const hashes = await newHashes();
  const parts = new Parts(sealing.pieces(hashes));
  try {
    const name = await upload.sendAll(parts);
    const described = sealing.described(hashes);
    if (name !== described.blob) throw wrong(); // what the server has isn't what was sealed
    return described;
  } catch (e) {
    upload.end();
    throw e;
  } finally {
    await parts.end();
  }
}

/** Parts are the blob's bytes in order. Those from the offset on that was asked for last are kept. */
class Parts {
  private kept: Uint8Array[] = [];
  private have = 0;
  private at = 0; // of what is kept

  constructor(private readonly pieces: AsyncGenerator<Uint8Array<ArrayBuffer>, void>) {}

  /** part returns at most n bytes from offset on: none at the end. */
  async part(offset: number, n: number): Promise<Uint8Array<ArrayBuffer>> {
    if (offset < this.at) throw new Lost("the server has less than it confirmed");
    await this.fill(offset, n);
    const out = new Uint8Array(Math.min(n, this.at + this.have - offset));
    let at = this.at - offset;
    for (const piece of this.kept) {
      out.set(piece.subarray(Math.max(0, -at), Math.max(0, out.length - at)), Math.max(0, at));
      at += piece.length;
      if (at >= out.length) break;
    }
    return out;
  }

  /** fill makes n bytes from offset on, and lets go of what is before. */
  async fill(offset: number, n: number): Promise<void> {
    this.drop(offset);
    while (offset + n > this.at + this.have) {
      const { value } = await this.pieces.next();
      if (!value) return;
      this.kept.push(value);
      this.have += value.length;
      this.drop(offset);
    }
  }

  private drop(offset: number): void {
    for (let first = this.kept[0]; first && this.at + first.length <= offset; first = this.kept[0]) {
      this.kept.shift();
      this.at += first.length;
      this.have -= first.length;
    }
  }

  async end(): Promise<void> {
    await this.pieces.return();
  }
}

/** An Upload is one that the server knows, or will. */
class Upload {
  private path = "";
  private offset = 0;
  private name = "";
  private size = FIRST_PART;

  constructor(
    private readonly ask: Asker,
    private readonly length: number,
    private readonly progress: (sent: number, of: number) => void,
    private readonly signal: AbortSignal,
  ) {}

  /** sendAll sends everything, and returns the name that the server gave it. */
  async sendAll(parts: Parts): Promise<string> {
    const patience = new Patience(this.signal);
    let unsure = false; // the server may have more than it told
    while (!this.name) {
      try {
        if (!this.path) await this.create();
        else if (unsure) await this.look();
        unsure = false;
        if (this.name) break;
        if (this.offset === this.length) throw wrong(); // it has everything, and no name for it
        await this.patch(parts);
        patience.worked();
      } catch (e) {
        await this.pause(e, patience);
        unsure = true;
      }
    }
    return this.name;
  }

  /** pause waits after a failure, or throws what is final. */
  private async pause(e: unknown, patience: Patience): Promise<void> {
    if (e instanceof MediaError && this.path && (e.status === 404 || (e.status === 410 && e.code !== "blob_taken"))) throw new Lost("the upload is gone");
    if (e instanceof MediaError && e.status === 413 && this.path && this.size > LEAST_PART) {
      this.size = Math.max(LEAST_PART, this.size / 4); // the part, not the blob: that was refused when it was created
      e = new TypeError("the part is too large");
    }
    await patience.pause(e);
  }

  /** request sends a part as a Blob: where a service worker is asked first, the bytes of an array stay in memory until it cleans up. */
  private async request(method: string, headers: Record<string, string>, part?: Uint8Array<ArrayBuffer>): Promise<Response> {
    const body = part && new Blob([part]);
    const response = await send(this.ask, this.path || UPLOADS, { method, headers: { ...VERSION, ...headers }, body, signal: this.signal });
    await response.arrayBuffer(); // nothing: what it took is let go of
    return response;
  }

  /** create is tus's creation: the upload's address. */
  private async create(): Promise<void> {
    const response = await this.request("POST", { "Upload-Length": String(this.length) });
    const location = response.headers.get("Location");
    if (!location) throw wrong();
    this.path = new URL(location, response.url).href;
    this.took(response, 0);
  }

  /** look asks how far the server is. */
  private async look(): Promise<void> {
    const response = await this.request("HEAD", {});
    this.took(response, Number(response.headers.get("Upload-Offset") ?? NaN));
  }

  private async patch(parts: Parts): Promise<void> {
    const part = await parts.part(this.offset, this.size);
    const begun = performance.now();
    const headers = { "Upload-Offset": String(this.offset), "Content-Type": "application/offset+octet-stream" };
    const sent = this.request("PATCH", headers, part);
    const ahead = parts.fill(this.offset, part.length + this.size); // the next part is sealed meanwhile
    const [response] = await both(sent, ahead);
    const before = this.offset;
    this.took(response, Number(response.headers.get("Upload-Offset") ?? NaN));
    if (this.offset <= before) throw new TypeError("the server took nothing"); // patience ends, a loop wouldn't
    if (this.offset > before + part.length) throw wrong();
    const took = performance.now() - begun;
    if (took < SHORT) this.size = Math.min(this.size * 2, MOST_PART);
    else if (took > LONG) this.size = Math.max(this.size / 2, LEAST_PART);
  }

  /** took notes how far the server is, and the name if it has everything. */
  private took(response: Response, offset: number): void {
    if (!Number.isSafeInteger(offset) || offset < 0 || offset > this.length) throw wrong();
    this.offset = offset;
    this.name = response.headers.get(NAME) ?? "";
    this.progress(offset, this.length);
  }

  /** end has the server forget what was sent, if it still knows. */
  end(): void {
    if (!this.path || this.name) return;
    send(this.ask, this.path, { method: "DELETE", headers: VERSION, keepalive: true }).catch(() => {});
  }
}

/** both waits for both, and then throws what the first that failed threw. */
async function both<A, B>(a: Promise<A>, b: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([a, b]);
  return [await a, await b];
}
