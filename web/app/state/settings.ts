import { effect, signal } from "@preact/signals";
import type { Settings } from "../../lib/core";
import { speak } from "../strings";
import { phase } from "./boot";
import { core, worked } from "./core";

/** settings as the core keeps them; these until it has answered. */
export const settings = signal<Settings>({ receipts: true, typing: true, theme: "system", language: "", notify: false, previews: true, links: true, warnings: true });

/** change changes some settings at once; if the core refuses they are again what it has. */
export async function change(some: Partial<Settings>): Promise<void> {
  take({ ...settings.value, ...some });
  if (!(await worked(core.setSettings(settings.value)))) await core.settings().then(take, () => undefined);
}

/** watchSettings reads them once somebody is here, and listens. */
export function watchSettings() {
  core.on("settings", (now) => wished || take(now));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paintBar);
  effect(() => {
    if (phase.value === "ready") void begin();
    else if (phase.value === "none") {
      wished = { ...remembered(), here: false };
      remember(wished);
    }
  });
}

/**
 * begin reads the settings of somebody who has just come. A device that was added
 * a moment ago has no look of its own: it takes that which the page has.
 */
async function begin(): Promise<void> {
  const now = await core.settings().catch(() => null);
  const look = wished;
  wished = null;
  if (!now) return;
  if (!look || now.language !== "" || now.theme !== "system") return take(now);
  take({ ...now, theme: look.theme, language: look.language });
  if (look.language !== "" || look.theme !== "system") await core.setSettings(settings.value).catch(() => undefined);
}

/** choose shows the page in a language before anybody is signed in; who signs in then keeps it. */
export async function choose(language: string): Promise<void> {
  wished = { ...remembered(), language, here: false };
  remember(wished);
  await show(wished.theme, language);
}

// Theme and language are shown before the core has answered: the last ones are
// remembered beside it, and whether somebody was here. It says nothing of who.
interface Look {
  theme: string;
  language: string;
  here: boolean;
}

function take(now: Settings) {
  settings.value = now;
  remember({ theme: now.theme, language: now.language, here: true });
  void show(now.theme, now.language);
}

const place = "parley-look";

function remember(look: Look) {
  try {
    localStorage.setItem(place, JSON.stringify(look));
  } catch {
    // A browser that keeps nothing shows its own theme first.
  }
}

function remembered(): Look {
  try {
    const { theme, language, here } = JSON.parse(localStorage.getItem(place) ?? "{}") as Partial<Look>;
    return { theme: String(theme ?? "system"), language: String(language ?? ""), here: here === true };
  } catch {
    return { theme: "system", language: "", here: false };
  }
}

/** wasHere is whether somebody was signed in when the page was open last. */
export const wasHere = remembered().here;

/** wished is the look of the page while nobody is signed in, until who comes has it; null after. */
let wished: Look | null = wasHere ? null : remembered();

/** showRemembered shows the theme and the language of last time. */
export async function showRemembered(): Promise<void> {
  const look = remembered();
  await show(look.theme, look.language);
}

async function show(theme: string, language: string): Promise<void> {
  document.documentElement.dataset.theme = theme;
  paintBar();
  await speak(language);
}

/** paintBar gives the browser's own bar the color of the page. */
export function paintBar() {
  const color = getComputedStyle(document.documentElement).backgroundColor;
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", color);
}
