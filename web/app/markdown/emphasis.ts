/** Emphasis: which runs of *, _ and ~ belong together. The rules are those of CommonMark, section "Emphasis and strong emphasis". */

export type Mark = "em" | "strong" | "del";

/** A run of one delimiter, as a token between others. */
export interface Run {
  t: "run";
  ch: string;
  /** how many are left, shown as they are */
  n: number;
  /** how many there were */
  length: number;
  opens: boolean;
  closes: boolean;
  /** what ends here, inner first; then the rest; then what begins, inner first */
  ended: Mark[];
  begun: Mark[];
  prev: Run | null;
  next: Run | null;
}

const space = /[\s\u00A0]/;
const punct = /[\p{P}\p{S}]/u;

/** flank makes a run of n delimiters between two characters; "" is the edge of a text. */
export function flank(ch: string, n: number, before: string, after: string): Run {
  const spaceBefore = before === "" || space.test(before);
  const spaceAfter = after === "" || space.test(after);
  const punctBefore = !spaceBefore && punct.test(before);
  const punctAfter = !spaceAfter && punct.test(after);
  const left = !spaceAfter && (!punctAfter || spaceBefore || punctBefore);
  const right = !spaceBefore && (!punctBefore || spaceAfter || punctAfter);
  const word = ch === "_";
  const fits = ch !== "~" || n <= 2;
  return {
    t: "run", ch, n, length: n,
    opens: fits && left && (!word || !right || punctBefore),
    closes: fits && right && (!word || !left || punctAfter),
    ended: [], begun: [], prev: null, next: null,
  };
}

/** A list of the runs that still may match. */
export class Runs {
  last: Run | null = null;

  push(run: Run): void {
    run.prev = this.last;
    if (this.last) this.last.next = run;
    this.last = run;
  }

  remove(run: Run): void {
    if (run.prev) run.prev.next = run.next;
    if (run.next) run.next.prev = run.prev;
    else this.last = run.prev;
  }

  /** match pairs the runs above bottom and takes them all off the list. */
  match(bottom: Run | null): void {
    const floors = new Map<string, Run | null>();
    let closer = bottom ? bottom.next : this.first();
    while (closer) {
      if (!closer.closes) {
        closer = closer.next;
        continue;
      }
      const key: string = closer.ch + (closer.opens ? "o" : "") + (closer.ch === "~" ? closer.length : closer.length % 3);
      const opener = this.opener(closer, bottom, floors.has(key) ? floors.get(key) ?? null : bottom);
      if (opener) {
        closer = this.pair(opener, closer);
        continue;
      }
      floors.set(key, closer.prev);
      const next: Run | null = closer.next;
      if (!closer.opens) this.remove(closer);
      closer = next;
    }
    while (this.last && this.last !== bottom) this.remove(this.last);
  }

  private first(): Run | null {
    let run = this.last;
    while (run?.prev) run = run.prev;
    return run;
  }

  private opener(closer: Run, bottom: Run | null, floor: Run | null): Run | null {
    for (let run = closer.prev; run && run !== bottom && run !== floor; run = run.prev) {
      if (run.ch === closer.ch && run.opens && fit(run, closer)) return run;
    }
    return null;
  }

  /** pair joins two runs and returns the run to go on with. */
  private pair(opener: Run, closer: Run): Run | null {
    const n = closer.ch === "~" ? closer.n : opener.n >= 2 && closer.n >= 2 ? 2 : 1;
    const mark: Mark = closer.ch === "~" ? "del" : n === 2 ? "strong" : "em";
    opener.begun.push(mark);
    closer.ended.push(mark);
    opener.n -= n;
    closer.n -= n;
    opener.next = closer; // what is between can't match any more
    closer.prev = opener;
    if (opener.n === 0) this.remove(opener);
    if (closer.n > 0) return closer;
    const next = closer.next;
    this.remove(closer);
    return next;
  }
}

/** fit is the rule of multiples of three; of ~ both have the same number. */
function fit(opener: Run, closer: Run): boolean {
  if (opener.ch === "~") return opener.length === closer.length;
  if (!opener.closes && !closer.opens) return true;
  return (opener.length + closer.length) % 3 !== 0 || (opener.length % 3 === 0 && closer.length % 3 === 0);
}
