/** From tokens to a tree, without recursion and not deeper than is drawn. */

import type { Inline } from "./ast";
import type { Mark } from "./emphasis";
import type { Token } from "./inline";
import { accountURI, sameAddress } from "./links";

/** How deep emphasis nests; what is deeper is drawn without it. */
export const maxDepth = 12;

type Wrap = { mark: Mark } | { href: string };

/** tree nests what tokens say; they are balanced. */
export function tree(tokens: readonly Token[]): Inline[] {
  const root: Inline[] = [];
  const stack: { wrap: Wrap; kids: Inline[] }[] = [];
  let kids = root;
  const enter = (wrap: Wrap): void => {
    stack.push({ wrap, kids });
    if (stack.length <= maxDepth) kids = [];
  };
  const leave = (): void => {
    const top = stack.pop();
    if (!top || top.kids === kids) return;
    add(top.kids, wrapped(top.wrap, kids));
    kids = top.kids;
  };
  for (const token of tokens) {
    switch (token.t) {
      case "leaf": add(kids, token.node); break;
      case "close": leave(); break;
      case "open":
        if (token.href !== "") enter({ href: token.href });
        else add(kids, { t: "text", text: token.text });
        break;
      case "run":
        token.ended.forEach(leave);
        add(kids, { t: "text", text: token.ch.repeat(token.n) });
        for (let i = token.begun.length - 1; i >= 0; i--) enter({ mark: token.begun[i] ?? "em" });
        break;
    }
  }
  return root;
}

function wrapped(wrap: { mark: Mark } | { href: string }, kids: Inline[]): Inline {
  if ("mark" in wrap) return { t: wrap.mark, kids };
  const label = words(kids);
  if (accountURI(wrap.href)) return { t: "mention", account: wrap.href, label };
  return { t: "link", href: wrap.href, exact: sameAddress(label, wrap.href), kids: kids.map(unlink) };
}

/** unlink keeps a link from standing in another: an address within a link's words is words. */
function unlink(node: Inline): Inline {
  if (node.t === "link") return { t: "text", text: words(node.kids) };
  if (node.t === "em" || node.t === "strong" || node.t === "del") return { t: node.t, kids: node.kids.map(unlink) };
  return node;
}

function add(kids: Inline[], node: Inline): void {
  if (node.t !== "text") {
    kids.push(node);
    return;
  }
  if (node.text === "") return;
  const last = kids[kids.length - 1];
  if (last?.t === "text") kids[kids.length - 1] = { t: "text", text: last.text + node.text };
  else kids.push(node);
}

/** words is a piece's text without markup. */
export function words(kids: readonly Inline[]): string {
  let out = "";
  for (const k of kids) {
    if (k.t === "text" || k.t === "code") out += k.text;
    else if (k.t === "break") out += "\n";
    else if (k.t === "mention") out += k.label;
    else out += words(k.kids);
  }
  return out;
}
