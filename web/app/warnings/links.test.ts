import assert from "node:assert/strict";
import { test } from "node:test";
import type { Core } from "../../lib/client";
import type { ShownLinks } from "../../lib/core";
import type { Inline } from "../markdown/ast";
import { parse } from "../markdown/blocks";
import { wordsOf } from "../markdown/words";

// What the page's state looks at when it is loaded: hence what uses it is imported below.
Object.assign(globalThis, {
  location: { hash: "", href: "https://parley.example/" },
  matchMedia: () => ({ matches: false, addEventListener: () => undefined }),
  document: { visibilityState: "visible", hasFocus: () => true },
});

const settled = () => new Promise((r) => setImmediate(r));

test("a link is harmless only once that is known, and is asked of again when there is more to know", async () => {
  const { startCore } = await import("../state/core");
  const { askAgain, harmless, warningsOf } = await import("./links");
  let listed: string[] = [];
  let away = true;
  await startCore(
    Promise.resolve({
      on: () => () => undefined,
      checkLinks: async ({ links }: ShownLinks) => {
        if (away) throw new Error("away");
        return { links: links.map((l) => ({ warnings: listed.includes(l.target) ? [{ kind: "listed", host: l.target }] : [] })) };
      },
    } as unknown as Core),
  );
  assert.equal(harmless("https://a.test/", "a"), false, "before it is asked");
  await settled();
  assert.equal(harmless("https://a.test/", "a"), false, "while the core is away");
  away = false;
  await settled();
  assert.equal(harmless("https://a.test/", "a"), true, "when it is known");
  listed = ["https://a.test/"];
  askAgain();
  assert.equal(harmless("https://a.test/", "a"), true, "until the answer is there");
  await settled();
  assert.equal(harmless("https://a.test/", "a"), false, "when it is listed");
  assert.equal(warningsOf("https://a.test/", "a").length, 1);
  assert.equal(harmless("https://a.test/", "a\nb"), false, "with other words");
  await settled();
  listed = [];
  askAgain();
  await settled();
  assert.equal(warningsOf("https://a.test/", "a\nb").length, 0);
});

test("the words of a link are all of them, however they are set", () => {
  for (const [text, want] of [
    ["[bank.example](https://evil.test/)", "bank.example"],
    ["[**bank**.*example*](https://evil.test/)", "bank.example"],
    ["[~~**bank.example**~~](https://evil.test/)", "bank.example"],
    ["[`bank.example`](https://evil.test/)", "bank.example"],
  ] as const) {
    const [block] = parse(text);
    const kids: readonly Inline[] = block?.t === "paragraph" ? block.kids : [];
    const link = kids[0];
    assert.equal(link?.t === "link" ? wordsOf(link.kids) : "", want, text);
  }
});
