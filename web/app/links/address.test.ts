import assert from "node:assert/strict";
import { test } from "node:test";
import { firstLink, hostOf, isPost, plays } from "./address";

test("the first address in a text", () => {
  for (const [text, want] of [
    ["see https://a.example/x?y=1, there", "https://a.example/x?y=1"],
    ["(https://a.example/x_(y))", "https://a.example/x_(y)"],
    ["[words](https://a.example/)", "https://a.example/"],
    ["no link", ""],
    ["javascript:alert(1)", ""],
    ["xhttps://a.example", ""],
    ["https://good.example@evil.example/ and http://b.example", "http://b.example"],
    ["https://a%2eexample/", ""],
    ["https://a.example/\u202ex", ""],
    ["https://a.example/" + "a".repeat(3000), ""],
    ["https://пример.example/ы", "https://пример.example/ы"],
  ] as const) {
    assert.equal(firstLink(text), want, text);
  }
});

test("a host is shown as it really is", () => {
  assert.equal(hostOf("https://www.a.example/x"), "a.example");
  assert.equal(hostOf("https://\u0430pple.example/"), "xn--pple-43d.example");
  assert.equal(hostOf("nothing"), "");
});

const platform = { name: "P", hosts: ["v.example", "127.0.0.1:9000"], players: ["https://v.example/embed/", "http://127.0.0.1:9000/player/", "https://bare.example"] };

test("posts and players of the platform", () => {
  for (const [link, want] of [
    ["https://v.example/1", true],
    ["http://127.0.0.1:9000/watch/1", true],
    ["https://v.example:8443/1", false],
    ["https://v.example.evil.example/1", false],
    ["nothing", false],
  ] as const) {
    assert.equal(isPost(link, platform), want, link);
  }
  assert.equal(isPost("https://v.example/1", undefined), false);
  for (const [player, want] of [
    ["https://v.example/embed/1?a=b", true],
    ["http://127.0.0.1:9000/player/1", true],
    ["https://v.example/embed/../x", false],
    ["https://v.example/embed/%2e%2e/x", false],
    ["https://v.example\\@evil.example/embed/", false],
    ["https://evil.example/embed/1", false],
    ["https://v.example/embed/..%2fx", false],
    ["https://v.example/embed/1?of=https%3A%2F%2Fv.example%2F1", true],
    ["//v.example/embed/1", false],
    ["https://me@v.example/embed/1", false],
    ["https://v.example:8443/embed/1", false],
    ["https://bare.example.evil.example/", false],
    ["javascript:alert(1)", false],
    ["", false],
  ] as const) {
    assert.equal(plays(player, platform), want, player);
  }
});
