// A mark outside of IndexedDB that somebody was signed in here: where it is and the
// device's store isn't, the browser has deleted what was kept.

import type { Boot } from "./core";

const MARK = "parley-signed-in";

let here = false; // this page has seen somebody signed in

/**
 * mark notes who is here. If nobody is although somebody was, and didn't sign out, it
 * says in boot, once, that the store was wiped; asked: boot is the answer to a call.
 */
export function mark(boot: Boot, asked: boolean): Boot {
  try {
    if (boot.phase !== "none") {
      here = true;
      localStorage.setItem(MARK, "1");
    } else if (here) {
      here = false;
      localStorage.removeItem(MARK);
    } else if (asked && localStorage.getItem(MARK) !== null) {
      localStorage.removeItem(MARK);
      return { ...boot, wiped: true };
    }
  } catch {
    // storage is forbidden here: then nothing was marked either
  }
  return boot;
}
