import { effect } from "@preact/signals";
import { boot, core, phase } from "../state";
import { base64, upTo } from "./bytes";
import { askAgain } from "./links";
import { regionHere } from "./region";
import { supplied } from "./supplied";

declare const PARLEY_MODEL: string;

/** How long after the page is there warnings are made ready, and how often the list is looked at again, in milliseconds. */
const SOON_MS = 2000;
const AGAIN_MS = 6 * 3600_000;

/**
 * watchSafety gives the core what it finds warnings by: the model, and the list of bad links, each
 * whole and the same for everybody, so that nobody learns what is looked for.
 */
export function watchSafety() {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const supply = async () => {
    const [model, list] = await Promise.all([load(PARLEY_MODEL, 300 << 10), boot.value?.server?.block_list ? load("/v1/block-list", 16 << 20) : ""]);
    await core.setSafety({ region: regionHere() }).catch(() => undefined);
    if (model) await core.setSafety({ model }).then(supplied, () => undefined);
    if (list) await core.setSafety({ block_list: list }).then(askAgain, () => undefined);
    timer = setTimeout(supply, AGAIN_MS);
  };
  effect(() => {
    clearTimeout(timer);
    if (phase.value === "ready") timer = setTimeout(supply, SOON_MS);
  });
}

/** load returns a file in base64, or "" where it can't be had or has more than most bytes. */
async function load(path: string, most: number): Promise<string> {
  try {
    const answer = await fetch(path, { credentials: "omit" });
    if (!answer.ok || !answer.body) return "";
    return base64(await upTo(answer.body, most));
  } catch {
    return "";
  }
}
