import assert from "node:assert/strict";
import { test } from "node:test";
import type { Core } from "../../lib/client";
import type { Boot, Phase, Settings } from "../../lib/core";

const kept = new Map<string, string>();

// What the page's state looks at when it is loaded: hence it is imported below.
Object.assign(globalThis, {
  location: { hash: "", href: "https://parley.example/" },
  matchMedia: () => ({ matches: false, addEventListener: () => undefined }),
  document: { visibilityState: "visible", hasFocus: () => true, documentElement: { dataset: {} }, querySelector: () => null },
  getComputedStyle: () => ({ backgroundColor: "" }),
});
Object.defineProperty(globalThis, "navigator", { value: { languages: ["en-GB"] } });
Object.defineProperty(globalThis, "localStorage", {
  value: { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => kept.set(k, v) },
});

const settled = () => new Promise((r) => setImmediate(r));
const fresh: Settings = { receipts: true, typing: true, theme: "system", language: "", notify: false, previews: true, links: true, warnings: true };

test("the look that was chosen before signing in stays, and a device's own comes first", async () => {
  const { startCore } = await import("./core");
  const { setBoot } = await import("./boot");
  const { change, choose, settings, showRemembered, watchSettings } = await import("./settings");
  let held: Settings = fresh;
  let refuses = false;
  let tell: (s: Settings) => void = () => undefined;
  await startCore(
    Promise.resolve({
      on: (_: string, fn: typeof tell) => ((tell = fn), () => undefined),
      settings: async () => held,
      setSettings: async (s: Settings) => {
        if (refuses) throw new Error("refused");
        held = s;
      },
    } as unknown as Core),
  );
  const enter = async (phase: Phase) => {
    setBoot({ phase, online: { state: "online" }, wiped: false } as Boot);
    await settled();
  };
  await showRemembered();
  watchSettings();
  await enter("none");
  await choose("ar");
  assert.equal(document.documentElement.dir, "rtl");
  tell(fresh); // the account is made, and tells of its settings
  assert.equal(document.documentElement.lang, "ar");
  await enter("ready");
  await settled();
  assert.deepEqual([settings.value.language, held.language], ["ar", "ar"]);

  await enter("none");
  held = { ...fresh, language: "en", theme: "dark" };
  await enter("ready");
  await settled();
  assert.deepEqual([settings.value.language, settings.value.theme], ["en", "dark"]);

  refuses = true;
  await change({ theme: "light" }).catch(() => undefined);
  assert.equal(settings.value.theme, "dark");
});
