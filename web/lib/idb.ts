// The device's store as Go uses it: package idbstore calls what installStore puts
// on globalThis. Values are sealed under an AES-GCM key that can't be exported and
// lies in the same database; each is bound to its record's key.
//
// WebCrypto is always awaited outside of a transaction, which ends as soon as
// nothing is asked of it. Keys and values cross packed in one array:
// length of key (4 bytes, big-endian), key, length of value, value; a length of
// 2^32-1 stands for a value that is deleted.

const RECORDS = "records"; // key (bytes) → nonce (12 bytes) and sealed value
const META = "meta"; // "key": CryptoKey, "version": number of writes
const NONCE = 12;
const GONE = 0xffffffff;

interface Entry {
  key: Uint8Array<ArrayBuffer>;
  value: Uint8Array<ArrayBuffer> | null;
}

/** StoreHandle is an open database. */
class StoreHandle {
  constructor(
    private readonly db: IDBDatabase,
    private readonly key: CryptoKey,
  ) {}

  /** version returns the number of writes so far. */
  async version(): Promise<number> {
    return (await done<number | undefined>(this.read(META).get("version"))) ?? 0;
  }

  /** get returns the value of a key, or null. */
  async get(key: Uint8Array<ArrayBuffer>): Promise<Uint8Array | null> {
    const sealed = await done<Uint8Array<ArrayBuffer> | undefined>(this.read(RECORDS).get(key));
    return sealed ? this.open(key, sealed) : null;
  }

  /** gather returns those of the packed keys that there are, packed with their values. */
  async gather(packed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const keys = unpack(packed).map((e) => e.key);
    const store = this.read(RECORDS);
    const sealed = await Promise.all(keys.map((k) => done<Uint8Array<ArrayBuffer> | undefined>(store.get(k))));
    const found = keys.filter((_, i) => sealed[i] !== undefined);
    const values = sealed.filter((s) => s !== undefined);
    return pack(found, await Promise.all(values.map((s, i) => this.open(found[i]!, s))));
  }

  /** list returns at most limit records under prefix and after a key, packed and in order. */
  async list(prefix: Uint8Array<ArrayBuffer>, after: Uint8Array<ArrayBuffer>, limit: number): Promise<Uint8Array> {
    const range = under(prefix, after);
    if (range === null) return new Uint8Array(0);
    const store = this.read(RECORDS);
    const [keys, sealed] = await Promise.all([
      done<IDBValidKey[]>(store.getAllKeys(range, limit)),
      done<Uint8Array<ArrayBuffer>[]>(store.getAll(range, limit)),
    ]);
    const names = keys.map((k) => new Uint8Array(k as ArrayBuffer));
    const values = await Promise.all(sealed.map((s, i) => this.open(names[i]!, s)));
    return pack(names, values);
  }

  /** count returns how many records there are under prefix. */
  count(prefix: Uint8Array<ArrayBuffer>): Promise<number> {
    return done(this.read(RECORDS).count(under(prefix, new Uint8Array(0)) ?? undefined));
  }

  /**
   * write applies packed changes if base is the version, and returns whether it was.
   * It returns after they are on the disk.
   */
  async write(base: number, packed: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const changes = unpack(packed);
    const sealed = await Promise.all(changes.map((c) => (c.value ? this.seal(c.key, c.value) : null)));
    return new Promise((resolve, reject) => {
      const tx = this.db.transaction([RECORDS, META], "readwrite", { durability: "strict" });
      let conflict = false;
      tx.oncomplete = () => resolve(true);
      tx.onabort = () => (conflict ? resolve(false) : reject(tx.error ?? new DOMException("aborted", "AbortError")));
      const meta = tx.objectStore(META);
      const asked = meta.get("version");
      asked.onsuccess = () => {
        conflict = (asked.result ?? 0) !== base;
        if (conflict) return tx.abort();
        const records = tx.objectStore(RECORDS);
        changes.forEach((c, i) => void (sealed[i] ? records.put(sealed[i], c.key) : records.delete(c.key)));
        meta.put(base + 1, "version");
      };
    });
  }

  close(): void {
    this.db.close();
  }

  private read(store: string): IDBObjectStore {
    return this.db.transaction(store, "readonly").objectStore(store);
  }

  private async seal(key: Uint8Array<ArrayBuffer>, value: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const out = crypto.getRandomValues(new Uint8Array(NONCE));
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv: out, additionalData: key }, this.key, value);
    const whole = new Uint8Array(NONCE + sealed.byteLength);
    whole.set(out);
    whole.set(new Uint8Array(sealed), NONCE);
    return whole;
  }

  private async open(key: Uint8Array<ArrayBuffer>, sealed: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
    const algorithm = { name: "AES-GCM", iv: sealed.subarray(0, NONCE), additionalData: key };
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, this.key, sealed.subarray(NONCE)));
  }
}

/** under is the range of the keys that begin with prefix and are greater than after; null: there can be none. */
function under(prefix: Uint8Array<ArrayBuffer>, after: Uint8Array<ArrayBuffer>): IDBKeyRange | null {
  const end = successor(prefix);
  const open = indexedDB.cmp(after, prefix) >= 0 && after.length > 0;
  const from = open ? after : prefix;
  if (end === null) return IDBKeyRange.lowerBound(from, open);
  return indexedDB.cmp(from, end) >= 0 ? null : IDBKeyRange.bound(from, end, open, true);
}

/** successor is the first key after all that begin with prefix; null: there is none. */
function successor(prefix: Uint8Array): Uint8Array | null {
  let n = prefix.length;
  while (n > 0 && prefix[n - 1] === 0xff) n--;
  if (n === 0) return null;
  const end = prefix.slice(0, n);
  end[n - 1]!++;
  return end;
}

function pack(keys: Uint8Array[], values: Uint8Array[]): Uint8Array {
  const size = keys.reduce((sum, k, i) => sum + 8 + k.length + values[i]!.length, 0);
  const out = new Uint8Array(size);
  const view = new DataView(out.buffer);
  let at = 0;
  const put = (b: Uint8Array) => {
    view.setUint32(at, b.length);
    out.set(b, at + 4);
    at += 4 + b.length;
  };
  keys.forEach((k, i) => {
    put(k);
    put(values[i]!);
  });
  return out;
}

function unpack(packed: Uint8Array<ArrayBuffer>): Entry[] {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const out: Entry[] = [];
  let at = 0;
  const take = () => {
    const n = view.getUint32(at);
    at += 4;
    if (n === GONE) return null;
    at += n;
    return packed.subarray(at - n, at);
  };
  while (at < packed.length) out.push({ key: take()!, value: take() });
  return out;
}

/** done is what a request yields. */
function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** openStore opens a database, and makes it, with its key, where there is none. */
async function openStore(name: string): Promise<StoreHandle> {
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore(RECORDS);
    request.result.createObjectStore(META).put(made, "key");
  };
  const db = await done(request);
  db.onversionchange = () => db.close(); // it is being erased
  const key = await done<CryptoKey>(db.transaction(META, "readonly").objectStore(META).get("key"));
  return new StoreHandle(db, key);
}

/** eraseStore deletes a database with its key. */
async function eraseStore(name: string): Promise<void> {
  await done(indexedDB.deleteDatabase(name));
}

/** installStore puts on globalThis what package idbstore calls. */
export function installStore(): void {
  (globalThis as { parleyStore?: unknown }).parleyStore = { open: openStore, erase: eraseStore };
}
