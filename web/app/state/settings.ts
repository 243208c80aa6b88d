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
  effect(() => {
    if (phase.value === "ready") void core.settings().then(take, () => undefined);
  });
}

// Theme and language are shown before the core has answered: the last ones are
// remembered beside it. They tell nothing about anybody.
function take(now: Settings) {
  settings.value = now;
  remember(now.theme, now.language);
  void show(now.theme, now.language);
}

function remember(theme: string, language: string) {
  try {
    localStorage.setItem("parley-look", JSON.stringify({ theme, language }));
  } catch {
    // A browser that keeps nothing shows its own theme first.
  }
}

/** showRemembered shows the theme and the language of last time. */
export async function showRemembered(): Promise<void> {
  let look: { theme?: unknown; language?: unknown } = {};
  try {
    look = JSON.parse(localStorage.getItem("parley-look") ?? "{}") as typeof look;
  } catch {
    // As above.
  }
  await show(String(look.theme ?? "system"), String(look.language ?? ""));
}

async function show(theme: string, language: string): Promise<void> {
  document.documentElement.dataset.theme = theme;
  paintBar();
  await speak(language);
}

/** paintBar gives the browser's own bar the color of the page. */
export function paintBar() {
  const color = getComputedStyle(document.documentElement).getPropertyValue("--bar").trim();
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", color);
}
