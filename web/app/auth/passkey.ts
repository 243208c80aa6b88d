import type { PasskeyUse } from "../../lib/core";
import { core } from "../state/core";

// What TypeScript's own library doesn't know yet.
interface Parsers {
  parseCreationOptionsFromJSON(json: unknown): PublicKeyCredentialCreationOptions;
  parseRequestOptionsFromJSON(json: unknown): PublicKeyCredentialRequestOptions;
}

/** hasPasskeys is whether this browser can make and use passkeys here. */
export const hasPasskeys = "PublicKeyCredential" in window && "parseCreationOptionsFromJSON" in PublicKeyCredential;

/** PasskeyRefused means that the person, or the browser, didn't go on with a passkey. */
export class PasskeyRefused extends Error {}

/** passkey makes a passkey (sign_up, add) or uses one (login), and returns the answer as JSON. */
export async function passkey(name: string, use: PasskeyUse["use"]): Promise<string> {
  const { options } = await core.passkeyOptions({ name, use });
  const parsed = JSON.parse(options) as { publicKey?: unknown };
  const json = parsed.publicKey ?? parsed;
  const parsers = PublicKeyCredential as unknown as Parsers;
  let made: Credential | null;
  try {
    made =
      use === "login"
        ? await navigator.credentials.get({ publicKey: parsers.parseRequestOptionsFromJSON(json) })
        : await navigator.credentials.create({ publicKey: parsers.parseCreationOptionsFromJSON(json) });
  } catch {
    throw new PasskeyRefused();
  }
  if (!(made instanceof PublicKeyCredential)) throw new PasskeyRefused();
  return JSON.stringify(made.toJSON());
}
