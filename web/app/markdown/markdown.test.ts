import assert from "node:assert/strict";
import { test } from "node:test";
import type { Block, Inline, Span } from "./ast";
import { parse, parsePlain } from "./blocks";
import { utf8Length } from "./mentions";
import { maxDepth } from "./tree";

/** show writes a tree as a line that is easy to compare. */
function show(blocks: Block[]): string {
  return blocks.map(one).join("");
}

function one(b: Block): string {
  switch (b.t) {
    case "paragraph": return `<p>${flow(b.kids)}</p>`;
    case "heading": return `<h${b.level}>${flow(b.kids)}</h${b.level}>`;
    case "pre": return `<pre>${b.text}</pre>`;
    case "quote": return `<q>${show(b.kids)}</q>`;
    case "rule": return "<hr>";
    case "list": {
      const tag = b.ordered ? `ol ${b.start}` : "ul";
      return `<${tag}${b.tight ? "" : " loose"}>${b.items.map((i) => `<li${i.done === null ? "" : i.done ? " x" : " o"}>${show(i.kids)}</li>`).join("")}</>`;
    }
    case "table": return `<table ${b.align.map((a) => a || "-").join(",")}>${[b.head, ...b.rows].map((r) => r.map(flow).join("|")).join("/")}</table>`;
  }
}

function flow(kids: Inline[]): string {
  return kids
    .map((k) => {
      switch (k.t) {
        case "text": return k.text;
        case "code": return `<c>${k.text}</c>`;
        case "break": return "⏎";
        case "mention": return `<@${k.account} ${k.label}>`;
        case "link": return `<a${k.exact ? "" : " !"} ${k.href}>${flow(k.kids)}</a>`;
        default: return `<${k.t}>${flow(k.kids)}</${k.t}>`;
      }
    })
    .join("");
}

const cases: [name: string, text: string, want: string][] = [
  ["plain", "hello", "<p>hello</p>"],
  ["lines", "a\nb\n\nc", "<p>a⏎b</p><p>c</p>"],
  ["crlf", "a\r\nb\rc", "<p>a⏎b⏎c</p>"],
  ["spaces at a line's end", "a   \nb\\\nc", "<p>a⏎b⏎c</p>"],
  ["emphasis", "*a* _b_ **c** __d__ ***e*** ~f~ ~~g~~", "<p><em>a</em> <em>b</em> <strong>c</strong> <strong>d</strong> <em><strong>e</strong></em> <del>f</del> <del>g</del></p>"],
  ["emphasis that isn't", "2 * 3 * 4 snake_case_name a~b * a* ~~~~x~~~~", "<p>2 * 3 * 4 snake_case_name a~b * a* ~~~~x~~~~</p>"],
  ["emphasis within a word", "un*frigging*believable", "<p>un<em>frigging</em>believable</p>"],
  ["rule of three", "*foo**bar**baz* foo***bar***baz", "<p><em>foo<strong>bar</strong>baz</em> foo<em><strong>bar</strong></em>baz</p>"],
  ["left over", "**a* *b**", "<p><em><em>a</em> <em>b</em></em></p>"],
  ["crossed", "*a _b* c_", "<p><em>a _b</em> c_</p>"],
  ["strike of unlike lengths", "~a~~ ~~b ~c", "<p>~a~~ ~~b ~c</p>"],
  ["in other scripts", "**مرحبا** *日本*語 *é*", "<p><strong>مرحبا</strong> <em>日本</em>語 <em>é</em></p>"],
  ["beside emoji", "*👍*", "<p><em>👍</em></p>"],
  ["code", "`a` ``b`c`` ` ` d` `` e `` `*x*`", "<p><c>a</c> <c>b`c</c> <c> </c> d<c>`` e ``</c><em>x</em>`</p>"],
  ["escapes", "\\*a\\* \\a \\\\ \\[x](y)", "<p>*a* \\a \\ [x](y)</p>"],
  ["references", "&lt;b&gt; &amp;amp; &#65; &#x42; &nope; &#0; & &", "<p><b> &amp; A B &nope; \uFFFD & &</p>"],
  ["link", "[a](https://e.example/x)", "<p><a ! https://e.example/x>a</a></p>"],
  ["link that says where", "[https://e.example/](https://e.example) [e.example](https://e.example)", "<p><a https://e.example/>https://e.example/</a> <a https://e.example/>e.example</a></p>"],
  ["link that lies", "[https://bank.example](https://evil.example) [https://a.example](http://a.example)", "<p><a ! https://evil.example/>https://bank.example</a> <a ! http://a.example/>https://a.example</a></p>"],
  ["letters that look like others", "https://\u0430pple.example/ <https://\u0430pple.example> [\u0430pple.example](https://\u0430pple.example) https://xn--pple-43d.example/", "<p><a ! https://xn--pple-43d.example/>https://\u0430pple.example/</a> <a ! https://xn--pple-43d.example/>https://\u0430pple.example</a> <a ! https://xn--pple-43d.example/>\u0430pple.example</a> <a https://xn--pple-43d.example/>https://xn--pple-43d.example/</a></p>"],
  ["letters in another order", "https://e.example/\u202Egpj.exe", "<p><a ! https://e.example/%E2%80%AEgpj.exe>https://e.example/\u202Egpj.exe</a></p>"],
  ["letters of the reader's own", "https://e.example/\u0633\u0644\u0627\u0645", "<p><a https://e.example/%D8%B3%D9%84%D8%A7%D9%85>https://e.example/\u0633\u0644\u0627\u0645</a></p>"],
  ["link with title, brackets, angles", '[a](https://e.example "t") [b](https://e.example/b_(c)) [c](<https://e.example/d>)', "<p><a ! https://e.example/>a</a> <a ! https://e.example/b_(c)>b</a> <a ! https://e.example/d>c</a></p>"],
  ["link with markup", "[*a* `b`](https://e.example)", "<p><a ! https://e.example/><em>a</em> <c>b</c></a></p>"],
  ["link in link", "[a [b](https://b.example) c](https://c.example)", "<p>[a <a ! https://b.example/>b</a> c](<a https://c.example/>https://c.example</a>)</p>"],
  ["link in emphasis", "*[a](https://e.example)* **x [*y](https://e.example)*z**", "<p><em><a ! https://e.example/>a</a></em> *<em>x <a ! https://e.example/>*y</a><em>z</em></em></p>"],
  ["schemes that aren't followed", "[a](javascript:alert(1)) [b](data:text/html,x) [c](/d) [e]() <javascript:x> <ftp://x.example>", "<p>[a](javascript:alert(1)) [b](data:text/html,x) [c](/d) [e]() <javascript:x> <ftp://x.example></p>"],
  ["names in an address", "[a](https://bank.example@evil.example/)", "<p>[a](https://bank.example@evil.example/)</p>"],
  ["image", "![a cat](https://e.example/cat.png)", "<p><a ! https://e.example/cat.png>a cat</a></p>"],
  ["autolink", "<https://e.example/a?b=c&d> <a@b.example>", "<p><a https://e.example/a?b=c&d>https://e.example/a?b=c&d</a> <a mailto:a@b.example>a@b.example</a></p>"],
  ["bare address", "see https://e.example/a. (https://e.example/b_(c)) xhttps://no.example HTTP://E.example, http:// http", "<p>see <a https://e.example/a>https://e.example/a</a>. (<a https://e.example/b_(c)>https://e.example/b_(c)</a>) xhttps://no.example <a http://e.example/>HTTP://E.example</a>, http:// http</p>"],
  ["bare address in emphasis", "**https://e.example/a_b_c**", "<p><strong><a https://e.example/a_b_c>https://e.example/a_b_c</a></strong></p>"],
  ["html is text", "<b>x</b> <script>alert(1)</script> <!-- c --> <a href='x'>", "<p><b>x</b> <script>alert(1)</script> <!-- c --> <a href='x'></p>"],
  ["html block is text", "<div>\n*a*\n</div>", "<p><div>⏎<em>a</em>⏎</div></p>"],
  ["mention by its address", "hi [@Ann](mimi://a.example/u/ann) <mimi://a.example/u/bob>", "<p>hi <@mimi://a.example/u/ann @Ann> <@mimi://a.example/u/bob mimi://a.example/u/bob></p>"],
  ["no mention", "[r](mimi://a.example/r/x) [x](mimi://a.example/u/)", "<p>[r](mimi://a.example/r/x) [x](mimi://a.example/u/)</p>"],
  ["headings", "# a\n## b ##\n#no\nc\n===\nd\n---", "<h1>a</h1><h2>b</h2><h1>#no⏎c</h1><h2>d</h2>"],
  ["rules", "***\n- - -\n_ _ _\n--", "<hr><hr><hr><p>--</p>"],
  ["fence", "```go\nx := `1`\n\n*a*\n```\nb", "<pre>x := `1`\n\n*a*</pre><p>b</p>"],
  ["fence left open", "a\n~~~\nb\n```", "<p>a</p><pre>b\n```</pre>"],
  ["indented", "    a\n\n      b\nc", "<pre>a\n\n  b</pre><p>c</p>"],
  ["quote", "> a\n> b\nc\n\nd", "<q><p>a⏎b⏎c</p></q><p>d</p>"],
  ["quote in quote", "> a\n>> b\n> - c\n- d", "<q><p>a</p><q><p>b</p></q><ul><li><p>c</p></li></></q><ul><li><p>d</p></li></>"],
  ["quote keeps a rule out", "> a\n---", "<q><p>a</p></q><hr>"],
  ["lists", "- a\n- b\n  - c\n\n1. d\n2. e\n3) f", "<ul><li><p>a</p></li><li><p>b</p><ul><li><p>c</p></li></></li></><ol 1><li><p>d</p></li><li><p>e</p></li></><ol 3><li><p>f</p></li></>"],
  ["loose list", "- a\n\n- b\n\n  c\nd", "<ul loose><li><p>a</p></li><li><p>b</p><p>c⏎d</p></li></>"],
  ["list after a paragraph", "a\n- b\n\nc\n2. d", "<p>a</p><ul><li><p>b</p></li></><p>c⏎2. d</p>"],
  ["tasks", "- [ ] a\n- [x] b\n- [y] c", "<ul><li o><p>a</p></li><li x><p>b</p></li><li><p>[y] c</p></li></>"],
  ["empty item", "-\n- a\n*", "<ul><li></li><li><p>a</p></li></><ul><li></li></>"],
  ["code in an item", "1. a\n\n   ```\n   b\n   ```\n2. c", "<ol 1 loose><li><p>a</p><pre>b</pre></li><li><p>c</p></li></>"],
  ["table", "| a | b |\n|:--|--:|\n| *1* | 2 \\| 3 | 4 |\n| 5\n\nx", "<table start,end>a|b/<em>1</em>|2 | 3/5</table><p>x</p>"],
  ["table after a line", "x\na|b\n-|-\n1|2", "<p>x</p><table -,->a|b/1|2</table>"],
  ["no table", "a|b\n-", "<h2>a|b</h2>"],
];

test("markdown", async (t) => {
  for (const [name, text, want] of cases) {
    await t.test(name, () => assert.equal(show(parse(text)), want));
  }
});

test("mentions by place", () => {
  const at = (text: string, name: string, account = "mimi://a.example/u/ann"): Span => {
    const start = utf8Length(text.slice(0, text.indexOf(name)));
    return { account, start, end: start + utf8Length(name) };
  };
  const of = (text: string, ...names: string[]): string => show(parse(text, names.map((n) => at(text, n))));
  const ann = (label: string): string => `<@mimi://a.example/u/ann ${label}>`;
  assert.equal(of("é 👍 @Zoë hi", "@Zoë"), `<p>é 👍 ${ann("@Zoë")} hi</p>`);
  assert.equal(of("*@a*b* c*", "@a*b"), `<p><em>${ann("@a*b")}</em> c*</p>`);
  assert.equal(of("- @a\n- @b", "@a", "@b"), `<ul><li><p>${ann("@a")}</p></li><li><p>${ann("@b")}</p></li></>`);
  assert.equal(of("`@a`\n```\n@b\n```", "@a", "@b"), "<p><c>@a</c></p><pre>@b</pre>");
  const text = "é👍x";
  const bad: Span[] = [[1, 2], [2, 4], [-1, 2], [0, 99], [2, 2], [6, 2]].map(([start = 0, end = 0]) => ({ account: "x", start, end }));
  assert.equal(show(parse(text, bad)), "<p>é👍x</p>");
  const twice: Span[] = [[0, 2], [0, 6], [2, 6]].map(([start = 0, end = 0]) => ({ account: "x", start, end }));
  assert.equal(show(parse(text, twice)), "<p><@x é><@x 👍>x</p>");
  assert.equal(show(parse("\uFDD00\uFDD1 @a", [at("\uFDD00\uFDD1 @a", "@a")])), `<p>\uFFFD0\uFFFD ${ann("@a")}</p>`);
});

test("plain text has no markup", () => {
  assert.equal(show(parsePlain("*a*\n<b> https://e.example")), "<p>*a*⏎<b> https://e.example</p>");
});

/** size counts what a parse made, and how deep it is. */
function size(blocks: Block[]): { nodes: number; depth: number } {
  let nodes = 0;
  let depth = 0;
  const walk = (v: unknown, d: number): void => {
    if (Array.isArray(v)) return v.forEach((x) => walk(x, d));
    if (typeof v !== "object" || v === null) return;
    nodes++;
    depth = Math.max(depth, d);
    for (const x of Object.values(v)) walk(x, d + 1);
  };
  walk(blocks, 0);
  return { nodes, depth };
}

const hostile = [
  "*[", "[", "![", "](", "[](", "[a](<b", "[a](b", "[x](((", "*a **b ", "**a* ", "_a *b ", "~a ~~b ", "`", "`a``b```c", "<", "<a", "<a@", "<http:", "&", "&#", "&a;", "\\", "> ", ">", "- ", "-", "1. ", "  - ",
  "* a\n", "- \n", "> a\n", "a\n", "a|", "a|b\n-|-\n", "|-", "```\n", "~~~", "#", "# a\n", "=\n", "a\n=\n", "    a\n", "\t", "https://a", "http://a.example/(", "h", "\uFDD0", "\uFDD1", "\uFDD00\uFDD1", "👍", "\ud800", "[ ] ", "- [ ] ",
  "[a](https://e.example) ", "*a*", "a*b*", "***", "*_~", "a](https://e.example/a", "[a]: b\n", "\"", "[a](b \"", "1) a\n\n",
];

test("hostile texts are read in linear time", () => {
  const work = (text: string): number => {
    const start = process.cpuUsage().user;
    parse(text);
    return process.cpuUsage().user - start;
  };
  for (const piece of hostile) {
    const text = piece.repeat(Math.ceil(60_000 / piece.length));
    const got = size(parse(text));
    assert.ok(got.nodes <= 4 * text.length + 16, `${JSON.stringify(piece)}: ${got.nodes} nodes`);
    assert.ok(got.depth <= 4 * 8 + 2 * maxDepth + 8, `${JSON.stringify(piece)}: depth ${got.depth}`);
    // Four times the text may not take sixteen times the work: the least of two, as others use the machine too.
    const least = (t: string): number => Math.min(work(t), work(t));
    const [small, large] = [least(text.slice(0, 8_000)), least(text.slice(0, 32_000))];
    assert.ok(large < 40_000 || large < 12 * small, `${JSON.stringify(piece)}: ${small} µs for a quarter, ${large} µs for all`);
  }
});

test("random texts don't fail, and lose no word", () => {
  let seed = 20260;
  const random = (n: number): number => (seed = (seed * 1103515245 + 12345) & 0x7fffffff) % n;
  for (let round = 0; round < 3000; round++) {
    let text = "";
    for (let k = random(24); k >= 0; k--) text += random(3) === 0 ? "word" + random(9) : (hostile[random(hostile.length)] ?? "") + (random(5) === 0 ? "\n" : "");
    const spans: Span[] = Array.from({ length: random(3) }, () => ({ account: "mimi://a.example/u/a", start: random(40), end: random(60) }));
    const got = show(parse(text, spans));
    const hides = /```|~~~|\|-/.test(text) || spans.length > 0; // what a fence is called, what a table has no column for
    for (const word of text.match(/word\d/g) ?? []) assert.ok(hides || got.includes(word), `seed round ${round}: ${JSON.stringify(text)} lost ${word}: ${got}`);
  }
});
