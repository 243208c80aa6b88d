// Where the page's own files are. Their names hold a hash of what is in them, which
// the build fills in; a script's address passes the page's one Trusted Types policy.

declare const PARLEY_WORKER: string;
declare const PARLEY_WASM: string;
declare const PARLEY_MEDIA: string;

interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
}

/** workerURL is the address of the worker that runs the core. */
export function workerURL(): unknown {
  return trusted(PARLEY_WORKER);
}

/** mediaWorkerURL is the address of the worker that seals and opens attachments. */
export function mediaWorkerURL(): unknown {
  return trusted(PARLEY_MEDIA);
}

/** serviceWorkerURL is the address of the service worker, which never changes. */
export function serviceWorkerURL(): unknown {
  return trusted("/sw.js");
}

/** wasmURL is the address of the core itself. */
export function wasmURL(): string {
  return new URL(PARLEY_WASM, self.location.href).href;
}

let policy: { createScriptURL(url: string): unknown } | undefined;

/** trusted lets an address of our own be a script's, and no other. */
export function trusted(path: string): unknown {
  const types = (self as { trustedTypes?: Policies }).trustedTypes;
  if (!types) return path;
  policy ??= types.createPolicy("parley", { createScriptURL: own });
  return policy.createScriptURL(path);
}

function own(url: string): string {
  const at = new URL(url, self.location.href);
  if (at.origin !== self.location.origin) throw new TypeError("not a script of this page");
  return at.href;
}
