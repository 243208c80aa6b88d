// Arabic: every area's table, put together, as in ../en.
import { auth } from "./auth";
import { challenge } from "./challenge";
import { conversation } from "./conversation";
import { groups } from "./groups";
import { list } from "./list";
import { media } from "./media";
import { notices } from "./notices";
import { policy } from "./policy";
import { report } from "./report";
import { settings } from "./settings";
import { shell } from "./shell";
import { stickers } from "./stickers";
import { warnings } from "./warnings";

export const ar = { ...shell, ...list, ...auth, ...challenge, ...settings, ...conversation, ...groups, ...media, ...notices, ...policy, ...report, ...stickers, ...warnings };
