import type { ComponentChild } from "preact";
import { useMemo } from "preact/hooks";
import type { Mention, Person } from "../../lib/core";
import { Check } from "../icons";
import { t } from "../strings";
import { warningsOf } from "../warnings/links";
import { askFirst } from "./asking";
import type { Align, Block, Inline, Item } from "./ast";
import { parse, parsePlain } from "./blocks";
import { wordsOf } from "./words";
import "./markdown.css";

export interface MarkdownProps {
  text: string;
  /** It has no markup. */
  plain?: boolean;
  mentions?: readonly Mention[];
  /** Whether its links can be followed: of people who are known. */
  links: boolean;
  /** It is one's own: nothing in it is warned of. */
  own: boolean;
  /** Those whom it may mention; others are words. */
  people: ReadonlyMap<string, Person>;
}

/** Markdown draws a text as GFM-MIMI has it: elements made one by one, never HTML. */
export function Markdown({ text, plain, mentions, links, own, people }: MarkdownProps) {
  const blocks = useMemo(() => (plain ? parsePlain(text) : parse(text, mentions)), [text, plain, mentions]);
  const draw = new Drawing(links, own, people);
  return <>{draw.blocks(blocks)}</>;
}

class Drawing {
  constructor(
    private readonly links: boolean,
    private readonly own: boolean,
    private readonly people: ReadonlyMap<string, Person>,
  ) {}

  blocks(blocks: readonly Block[]): ComponentChild[] {
    return blocks.map((b, i) => this.block(b, i));
  }

  private block(b: Block, key: number): ComponentChild {
    switch (b.t) {
      case "paragraph":
        return <p key={key}>{this.flow(b.kids)}</p>;
      case "heading":
        return (
          <p key={key} class={b.level < 3 ? "head large" : "head"}>
            {this.flow(b.kids)}
          </p>
        );
      case "pre":
        return (
          <pre key={key} dir="ltr">
            <code>{b.text}</code>
          </pre>
        );
      case "quote":
        return <blockquote key={key}>{this.blocks(b.kids)}</blockquote>;
      case "rule":
        return <hr key={key} />;
      case "list":
        return b.ordered ? (
          <ol key={key} start={b.start} class={b.tight ? "tight" : undefined}>
            {b.items.map((item, i) => this.item(item, i))}
          </ol>
        ) : (
          <ul key={key} class={b.tight ? "tight" : undefined}>
            {b.items.map((item, i) => this.item(item, i))}
          </ul>
        );
      case "table":
        return this.table(b.align, b.head, b.rows, key);
    }
  }

  private item({ done, kids }: Item, key: number): ComponentChild {
    if (done === null) return <li key={key}>{this.blocks(kids)}</li>;
    return (
      <li key={key} class="task">
        <span class={done ? "box done" : "box"} role="img" aria-label={t(done ? "conversation.done" : "conversation.open")}>
          {done && <Check size={0.75} />}
        </span>
        <div>{this.blocks(kids)}</div>
      </li>
    );
  }

  private table(align: Align[], head: Inline[][], rows: Inline[][][], key: number): ComponentChild {
    const edge = (i: number) => (align[i] ? `to-${align[i]}` : undefined);
    return (
      <div key={key} class="table scroll" tabIndex={0}>
        <table>
          <thead>
            <tr>
              {head.map((cell, i) => (
                <th key={i} class={edge(i)}>
                  {this.flow(cell)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, k) => (
              <tr key={k}>
                {row.map((cell, i) => (
                  <td key={i} class={edge(i)}>
                    {this.flow(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    );
  }

  private flow(kids: readonly Inline[]): ComponentChild[] {
    return kids.map((k, i) => this.piece(k, i));
  }

  private piece(k: Inline, key: number): ComponentChild {
    switch (k.t) {
      case "text":
        return k.text;
      case "break":
        return <br key={key} />;
      case "code":
        return (
          <code key={key} dir="auto">
            {k.text}
          </code>
        );
      case "em":
        return <em key={key}>{this.flow(k.kids)}</em>;
      case "strong":
        return <strong key={key}>{this.flow(k.kids)}</strong>;
      case "del":
        return <del key={key}>{this.flow(k.kids)}</del>;
      case "mention":
        return this.mention(k.account, k.label, key);
      case "link":
        return this.link(k.href, k.exact, k.kids, key);
    }
  }

  private mention(account: string, label: string, key: number): ComponentChild {
    const who = this.people.get(account);
    if (!who) return <bdi key={key}>{label}</bdi>;
    return (
      <bdi key={key} class={who.own ? "mention own" : "mention"}>
        @{who.display}
      </bdi>
    );
  }

  private link(href: string, exact: boolean, kids: Inline[], key: number): ComponentChild {
    if (!this.links) {
      return (
        <span key={key} class="inert" dir={exact ? "ltr" : "auto"}>
          {this.flow(kids)}
        </span>
      );
    }
    const words = wordsOf(kids);
    const flagged = !this.own && warningsOf(href, words).length > 0;
    const ask = (event: MouseEvent) => askFirst(event, href, words, exact, this.own);
    return (
      <a key={key} class={flagged ? "flagged" : undefined} href={href} dir={exact ? "ltr" : "auto"} target="_blank" rel="noopener noreferrer" referrerpolicy="no-referrer" onClick={ask}>
        {this.flow(kids)}
      </a>
    );
  }
}
