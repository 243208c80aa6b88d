// Arabic: every area's table, put together, as in ../en.
import { auth } from "./auth";
import { conversation } from "./conversation";
import { groups } from "./groups";
import { list } from "./list";
import { settings } from "./settings";
import { shell } from "./shell";

export const ar = { ...shell, ...list, ...auth, ...settings, ...conversation, ...groups };
