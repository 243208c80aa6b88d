import assert from "node:assert/strict";
import { test } from "node:test";
import { visible } from "./hidden";

test("what can't be seen is named", () => {
  const want: Record<string, string> = {
    "safe \u202egnp.exe\u202c": "safe [U+202E]gnp.exe[U+202C]",
    "a\u2066b\u2069": "a[U+2066]b[U+2069]",
    ["pay" + "\u200b".repeat(50) + "pal"]: "pay[U+200B ×50]pal",
    "\u{E0041}\u{E0041}\u{E0042}": "[U+E0041 ×2][U+E0042]",
    "a\u0000b\u001b[31m": "a[U+0000]b[U+001B][31m",
    "\u{E0101}\u3164\ufeff": "[U+E0101][U+3164][U+FEFF]",
  };
  for (const [text, words] of Object.entries(want)) assert.equal(visible(text), words);
});

test("what people write stays as it is", () => {
  for (const text of ["", "Look\twhat\nI have", "می‌خواهم", "a\u200fb\u200e", "👩‍👩‍👧 ❤️ 🇪🇺", "\u{1F3F4}\u{E0067}\u{E0062}\u{E0065}\u{E006E}\u{E0067}\u{E007F}", "שלום עולם", "naïve e\u0301"]) {
    assert.equal(visible(text), text);
  }
});
