import type { auth as english } from "../en/auth";
import type { Translated } from "../table";

export const auth: Translated<typeof english> = {};
