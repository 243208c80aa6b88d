import { effect, signal } from "@preact/signals";
import type { Settings } from "../../lib/core";
import { speak } from "../strings";
import { phase } from "./boot";
import { attempt, core } from "./core";

/** settings as the core keeps them; these until it has answered. */
export const settings = signal<Settings>({ receipts: true, typing: true, theme: "system", language: "", notify: false, previews: true });

/** change changes some settings at once, and back if the core refuses. */
export async function change(some: Partial<Settings>): Promise<void> {
  const before = settings.value;
  take({ ...before, ...some });
  const done = await attempt(core.setSettings(settings.value).then(() => true));
  if (!done) take(before);
}

/** watchSettings reads them once somebody is here, and listens. */
export function watchSettings() {
  core.on("settings", take);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", paintBar);
  effect(() => {
    if (phase.value === "ready") void core.settings().then(take, () => undefined);
    else if (phase.value === "none") remember({ ...remembered(), here: false });
  });
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
