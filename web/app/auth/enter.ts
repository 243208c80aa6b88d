import type { Boot } from "../../lib/core";
import { validName } from "../list/people";
import { codeOf, explain } from "../state";
import { setBoot } from "../state/boot";
import { t } from "../strings";
import { step } from "./Auth";
import { PasskeyRefused } from "./passkey";

/** Errors of a form: beside the name, beside the passphrase, or of the whole. */
export interface Errors {
  name?: string;
  passphrase?: string;
  form?: string;
}

/** enter makes a call that signs somebody in, and returns what to say if it was refused. */
export async function enter(call: () => Promise<Boot>): Promise<Errors> {
  try {
    setBoot(await call());
    step.value = "welcome";
    return {};
  } catch (error) {
    return refused(error);
  }
}

/** badName is what is wrong with a name, if anything. */
export function badName(name: string): string | undefined {
  if (!name) return t("auth.nameMissing");
  return validName(name) ? undefined : t("auth.nameBad");
}

function refused(error: unknown): Errors {
  if (error instanceof PasskeyRefused) return { form: t("auth.passkeyFailed") };
  switch (codeOf(error)) {
    case "name_taken":
      return { name: t("auth.nameTaken") };
    case "bad_name":
      return { name: t("auth.nameBad") };
    case "wrong_login":
    case "wrong_passphrase":
    case "unknown_account":
      return { passphrase: t("auth.passphraseWrong") };
    case "bad_passkey":
      return { form: t("auth.passkeyFailed") };
    case "too_many_enrolling":
      return { form: t("auth.tooMany") };
  }
  return { form: explain(error) };
}
