/** The packs as the picker shows them, and finding in them. Pure. */

import type { StickerPack } from "../../lib/core";
import type { Drawn } from "./starter";

/** favourites is the pack of single stickers that a person keeps. */
export const favourites = "favourites";

/** An Item is a sticker as the picker shows it. */
export interface Item {
  key: string;
  emoji: string;
  words: string;
  data: string;
  pack: string;
  packID: string;
}

/** A Shelf is a pack as the picker shows it. */
export interface Shelf {
  id: string;
  name: string;
  items: Item[];
}

/** shelvesOf are all packs in the picker's order. */
export function shelvesOf(kept: readonly StickerPack[], ours: readonly Drawn[], names: { favourites: string; starter: string }): Shelf[] {
  const out: Shelf[] = kept.map((p) => ({
    id: p.id,
    name: p.id === favourites ? names.favourites : p.name,
    items: p.stickers.map((s) => ({ key: `${p.id}/${s.id}`, emoji: s.emoji, words: "", data: s.data, pack: p.id === favourites ? "" : p.name, packID: p.id === favourites ? "" : p.id })),
  }));
  out.push({ id: "starter", name: names.starter, items: ours.map((d) => ({ key: `starter/${d.id}`, emoji: d.emoji, words: d.words, data: d.data, pack: "Parley", packID: "starter" })) });
  return out.filter((s) => s.items.length > 0);
}

/** matching are the stickers that fit a query: by emoji, by words, by the name of their pack; named says what an emoji is called. */
export function matching(shelves: readonly Shelf[], query: string, named: (emoji: string) => string): Item[] {
  const q = query.trim().toLowerCase();
  if (q === "") return [];
  const seen = new Set<string>();
  return shelves
    .flatMap((s) => s.items)
    .filter((i) => i.emoji === query.trim() || [i.words, i.pack, named(i.emoji)].some((w) => ` ${w.toLowerCase()}`.includes(` ${q}`)))
    .filter((i) => !seen.has(i.data) && seen.add(i.data));
}
