import type { settings as english } from "../en/settings";
import type { Translated } from "../table";

export const settings: Translated<typeof english> = {};
