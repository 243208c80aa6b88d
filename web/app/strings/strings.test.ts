import assert from "node:assert/strict";
import { test } from "node:test";
import { ar } from "./ar";
import { en } from "./en";
import { isolate, t } from "./index";
import type { Table, Text } from "./table";

const tables: Record<string, Table> = { en, ar };

function forms(text: Text): string[] {
  return typeof text === "string" ? [text] : Object.values(text);
}

function names(text: Text): string {
  const found = forms(text).flatMap((form) => [...form.matchAll(/\{(\w+)\}/g)].map((match) => match[1]));
  return [...new Set(found)].sort().join(" ");
}

test("every language has every text, with the same names in it", () => {
  assert.deepEqual(Object.keys(ar).sort(), Object.keys(en).sort());
  for (const [key, text] of Object.entries(tables.en!)) {
    const other = tables.ar![key]!;
    assert.equal(typeof other, typeof text, key);
    assert.equal(names(other), names(text), key);
    for (const form of [...forms(text), ...forms(other)]) assert.notEqual(form.trim(), "", key);
  }
});

test("a name can't turn the words around it", () => {
  assert.equal(t("groups.removed", { name: "\u2069\u202Eeve" }), "\u2068eve\u2069 was removed");
  assert.equal(isolate("ليلى"), "\u2068ليلى\u2069");
});

test("plural forms are those that the language has", () => {
  for (const [language, table] of Object.entries(tables)) {
    const known = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [key, text] of Object.entries(table)) {
      if (typeof text === "string") continue;
      for (const form of Object.keys(text)) assert.ok((known as string[]).includes(form), `${language} ${key}: ${form}`);
    }
  }
});

test("no text speaks of what people needn't know", () => {
  for (const [language, table] of Object.entries(tables)) {
    for (const [key, text] of Object.entries(table)) {
      for (const form of forms(text)) assert.doesNotMatch(form, /decrypt|end-to-end|ciphertext|\bMLS\b/i, `${language} ${key}`);
    }
  }
});
