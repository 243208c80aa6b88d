/** The card of the link that is being written. */

import { effect } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import type { LinkPreview, Post } from "../../lib/core";
import { boot, core, phase, settings } from "../state";
import { firstLink, isPost } from "./address";

/** A Card is what goes with a link: a preview, or a post of the platform. */
export interface Card {
  url: string;
  preview?: LinkPreview;
  post?: Post;
}

/** How long after the last change a link is looked at, in milliseconds. */
const pause = 400;
/** How many answers are remembered. */
const most = 40;

const found = new Map<string, Promise<Card | null>>();
effect(() => {
  if (phase.value === "none") found.clear(); // who comes next begins anew
});

/** look asks the server what is at a link, once for each; null if there is nothing. */
function look(url: string): Promise<Card | null> {
  let answer = found.get(url);
  if (!answer) {
    const server = boot.value?.server;
    answer = isPost(url, server?.platform)
      ? core.resolvePost({ url }).then((post) => ({ url, post }))
      : server?.unfurl
        ? core.unfurl({ url }).then((preview) => ({ url, preview }))
        : Promise.resolve(null);
    answer = answer.catch(() => (found.delete(url), null)); // another time it may work
    if (found.size >= most) found.clear();
    found.set(url, answer);
  }
  return answer;
}

export interface Composing {
  card: Card | null;
  /** It is being looked for. */
  waiting: boolean;
  dismiss: () => void;
  /** What goes with a text that is sent now; then it begins anew. */
  take: (text: string) => Card | null;
}

/** useCard is the card of the first link in a text, while there is one and the person wants it. */
export function useCard(text: string, wanted: boolean): Composing {
  const [card, setCard] = useState<Card | null>(null);
  const [asked, setAsked] = useState("");
  const refused = useRef(new Set<string>());
  const link = wanted && settings.value.links ? firstLink(text) : "";
  useEffect(() => {
    setCard((now) => (now?.url === link ? now : null));
    if (link === "" || refused.current.has(link)) return setAsked("");
    let gone = false;
    const timer = setTimeout(() => {
      setAsked(link);
      void look(link).then((answer) => {
        if (gone) return;
        setAsked("");
        if (!refused.current.has(link)) setCard(answer);
      });
    }, pause);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [link]);
  const shown = card && card.url === link ? card : null;
  return {
    card: shown,
    waiting: asked !== "" && asked === link && !shown,
    dismiss: () => {
      refused.current.add(link);
      setCard(null);
      setAsked("");
    },
    take: (sent) => {
      const taken = shown && sent.includes(shown.url) ? shown : null;
      refused.current.clear();
      setCard(null);
      setAsked("");
      return taken;
    },
  };
}
