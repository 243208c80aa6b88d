import type { Me } from "../lib/desk";
import { call, Refused } from "./api";

// What TypeScript's own library doesn't know yet.
interface Parsers {
  parseCreationOptionsFromJSON(json: unknown): PublicKeyCredentialCreationOptions;
  parseRequestOptionsFromJSON(json: unknown): PublicKeyCredentialRequestOptions;
}

/** signIn uses a passkey that this browser, or a key at hand, has for the desk. */
export async function signIn(): Promise<Me> {
  const { options, state } = await call("signInOptions");
  const answer = await asked(() => navigator.credentials.get({ publicKey: parsers().parseRequestOptionsFromJSON(inner(options)) }));
  return call("signIn", { state, answer });
}

/** register makes a passkey for who opened a one-time link, and signs in. */
export async function register(token: string): Promise<Me> {
  const { options, state } = await call("inviteOptions", { token });
  const answer = await asked(() => navigator.credentials.create({ publicKey: parsers().parseCreationOptionsFromJSON(inner(options)) }));
  return call("register", { token, state, answer });
}

function parsers(): Parsers {
  if (!("PublicKeyCredential" in window && "parseCreationOptionsFromJSON" in PublicKeyCredential)) {
    throw new Refused("invalid", "This browser has no passkeys. Use a newer one.");
  }
  return PublicKeyCredential as unknown as Parsers;
}

function inner(options: string): unknown {
  const parsed = JSON.parse(options) as { publicKey?: unknown };
  return parsed.publicKey ?? parsed;
}

async function asked(ask: () => Promise<Credential | null>): Promise<string> {
  const made = await ask().catch((error: unknown) => {
    if (error instanceof Refused) throw error;
    return null;
  });
  if (!(made instanceof PublicKeyCredential)) throw new Refused("invalid", "The passkey wasn’t used. Try again.");
  return JSON.stringify(made.toJSON());
}
