import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { known, load } from "../emoji/data";
import { Edit, Plus } from "../icons";
import { t } from "../strings";
import { Button, IconButton, SearchField, Spinner } from "../ui";
import { drawn, packs, wanted } from "./packs";
import { recent } from "./recent";
import { favourites, matching, shelvesOf, type Item, type Shelf } from "./search";
import "./stickers.css";

export interface StickerPickerProps {
  onPick: (item: Item) => void;
  /** Opens the dialog of a pack of one's own, or of a new one. */
  onPack: (id: string) => void;
}

/** StickerPicker is a search and the packs: what was used last, what is kept, what everyone has. */
export function StickerPicker({ onPick, onPack }: StickerPickerProps) {
  const [query, setQuery] = useState("");
  const [names, setNames] = useState(known());
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    wanted();
    load().then(setNames, () => undefined);
  }, []);
  const shelves = shelvesOf(packs.value ?? [], drawn.value, { favourites: t("stickers.favourites"), starter: t("stickers.starter") });
  const spoken = useMemo(() => new Map(names.map((e) => [e.char, `${e.name} ${e.words}`])), [names]);
  const named = (emoji: string) => spoken.get(emoji) ?? "";
  const all = new Map(shelves.flatMap((s) => s.items).map((i) => [i.key, i]));
  const lately = useMemo(() => recent.peek(), []).flatMap((key) => all.get(key) ?? []);
  const shown: Shelf[] = query.trim()
    ? [{ id: "found", name: t("stickers.results"), items: matching(shelves, query, named) }]
    : lately.length > 0
      ? [{ id: "recent", name: t("stickers.recent"), items: lately }, ...shelves]
      : shelves;
  const goTo = (id: string) => {
    setQuery("");
    requestAnimationFrame(() => body.current?.querySelector(`[data-shelf="${id}"]`)?.scrollIntoView({ block: "start" }));
  };
  return (
    <div class="emoji-picker sticker-picker">
      <div class="emoji-top">
        <SearchField label={t("stickers.search")} value={query} onText={setQuery} autofocus={!matchMedia("(pointer: coarse)").matches} />
        <IconButton label={t("stickers.make")} icon={Plus} onClick={() => onPack("")} />
      </div>
      <div ref={body} class="emoji-body scroll">
        {shelves.length === 0 && (
          <div class="emoji-wait">
            <Spinner />
          </div>
        )}
        {query.trim() !== "" && shown[0]?.items.length === 0 && <p class="emoji-none">{t("stickers.none")}</p>}
        {shown.map((s) => (
          <ShelfGrid key={s.id} shelf={s} onPick={onPick} onPack={onPack} named={named} />
        ))}
        {!query.trim() && shelves.length === 1 && (
          <p class="sticker-hint">
            {t("stickers.hint")}
            <Button small icon={Plus} onClick={() => onPack("")}>
              {t("stickers.make")}
            </Button>
          </p>
        )}
      </div>
      <div class="emoji-tabs sticker-tabs" role="group" aria-label={t("stickers.packs")}>
        {shelves.map((s) => (
          <button key={s.id} type="button" aria-label={s.name} data-tip={s.name} onClick={() => goTo(s.id)}>
            <img src={s.items[0]?.data} alt="" draggable={false} />
          </button>
        ))}
      </div>
    </div>
  );
}

function ShelfGrid({ shelf, onPick, onPack, named }: { shelf: Shelf; named: (emoji: string) => string } & StickerPickerProps) {
  const title = `stickers-${shelf.id}`;
  const own = !["recent", "found", favourites, "starter"].includes(shelf.id);
  const label = (i: Item) => t("stickers.send", { emoji: i.emoji, name: i.words.split(" ")[0] || (named(i.emoji).split(" ")[0] ?? "") });
  return (
    <section class="emoji-group" data-shelf={shelf.id} aria-labelledby={title}>
      <div class="emoji-head sticker-head">
        <bdi id={title}>{shelf.name}</bdi>
        {own && <IconButton small label={t("stickers.editPack", { name: shelf.name })} icon={Edit} onClick={() => onPack(shelf.id)} />}
      </div>
      <div class="sticker-grid">
        {shelf.items.map((i) => (
          <button key={i.key} type="button" aria-label={label(i)} title={i.emoji} onClick={() => onPick(i)}>
            <img src={i.data} alt="" draggable={false} loading="lazy" />
          </button>
        ))}
      </div>
    </section>
  );
}
