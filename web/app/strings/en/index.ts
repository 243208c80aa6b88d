// English: every area's table, put together. A new area is a line here, and one in ../ar.
import { auth } from "./auth";
import { conversation } from "./conversation";
import { groups } from "./groups";
import { list } from "./list";
import { settings } from "./settings";
import { shell } from "./shell";

export const en = { ...shell, ...list, ...auth, ...settings, ...conversation, ...groups };
