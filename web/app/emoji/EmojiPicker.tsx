import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t, type Key } from "../strings";
import { SearchField, Spinner } from "../ui";
import { groups, known, load } from "./data";
import { recent, remembered, setTone, tone, used } from "./recent";
import { search, type Emoji } from "./search";

/** The sign of each group, on its tab. */
const signs: Record<number, string> = { 0: "😀", 1: "👋", 3: "🐻", 4: "🍔", 5: "🚗", 6: "⚽", 7: "💡", 8: "❤️", 9: "🏳️" };
const tones = ["✋", "✋🏻", "✋🏼", "✋🏽", "✋🏾", "✋🏿"];

interface Section {
  id: string;
  title: string;
  emoji: readonly { char: string; name: string }[];
}

/** EmojiPicker is a search, the groups, and a grid in which the arrows move. */
export function EmojiPicker({ quick = [], onPick }: { quick?: readonly string[]; onPick: (emoji: string) => void }) {
  const [all, setAll] = useState(known());
  const [query, setQuery] = useState("");
  const body = useRef<HTMLDivElement>(null);
  useEffect(() => {
    remembered();
    load().then(setAll, () => undefined);
  }, []);
  const wanted = tone.value;
  const lately = useMemo(() => recent.peek(), [all]);
  const sections = useMemo(() => sectionsOf(all, query, wanted, [...new Set([...quick, ...lately])]), [all, query, wanted, lately, quick]);
  const pick = (char: string) => {
    used(char);
    onPick(char);
  };
  const goTo = (id: string) => {
    setQuery("");
    requestAnimationFrame(() => body.current?.querySelector(`[data-group="${id}"]`)?.scrollIntoView({ block: "start" }));
  };
  const first = (e: KeyboardEvent) => {
    const char = sections[0]?.emoji[0]?.char;
    if (e.key === "Enter" && query && char) pick(char);
    else if (e.key === "ArrowDown") body.current?.querySelector<HTMLElement>("button")?.focus();
    else return;
    e.preventDefault();
  };
  return (
    <div class="emoji-picker">
      <div class="emoji-top">
        <SearchField label={t("emoji.search")} value={query} onText={setQuery} onKeyDown={first} autofocus={!matchMedia("(pointer: coarse)").matches} />
        <Tone />
      </div>
      <div ref={body} class="emoji-body scroll" onKeyDown={(e) => move(e, body.current)}>
        {all.length === 0 && (
          <div class="emoji-wait">
            <Spinner />
            <span class="unseen">{t("emoji.loading")}</span>
          </div>
        )}
        {all.length > 0 && query && sections[0]?.emoji.length === 0 && <p class="emoji-none">{t("emoji.none")}</p>}
        {sections.map((s, i) => (
          <Group key={s.id} section={s} reached={i === 0} onPick={pick} />
        ))}
      </div>
      <div class="emoji-tabs" role="group" aria-label={t("emoji.title")}>
        {groups.map((g) => (
          <button key={g} type="button" class="emoji" aria-label={t(`emoji.group${g}` as Key)} data-tip={t(`emoji.group${g}` as Key)} onClick={() => goTo(String(g))}>
            {signs[g]}
          </button>
        ))}
      </div>
    </div>
  );
}

function sectionsOf(all: readonly Emoji[], query: string, toned: number, lately: readonly string[]): Section[] {
  const shown = (e: Emoji) => ({ char: (toned > 0 && e.tones[toned - 1]) || e.char, name: e.name });
  if (query.trim() !== "") return [{ id: "found", title: t("emoji.results"), emoji: search(all, query, 120).map(shown) }];
  const names = new Map(all.flatMap((e) => [e.char, ...e.tones].map((char) => [char, e.name] as const)));
  const sections: Section[] = groups.map((g) => ({ id: String(g), title: t(`emoji.group${g}` as Key), emoji: all.filter((e) => e.group === g).map(shown) }));
  const first: Section = { id: "recent", title: t("emoji.recent"), emoji: lately.map((char) => ({ char, name: names.get(char) ?? "" })) };
  return all.length === 0 ? (lately.length > 0 ? [first] : []) : lately.length > 0 ? [first, ...sections] : sections;
}

function Group({ section, reached, onPick }: { section: Section; reached: boolean; onPick: (emoji: string) => void }) {
  const title = `emoji-${section.id}`;
  return (
    <section class={section.id === "recent" ? "emoji-group" : "emoji-group far"} data-group={section.id} aria-labelledby={title}>
      <div id={title} class="emoji-head">
        {section.title}
      </div>
      <div class="emoji-grid">
        {section.emoji.map((e, i) => (
          <button key={e.char} type="button" class="emoji" tabIndex={reached && i === 0 ? 0 : -1} title={e.name} onClick={() => onPick(e.char)}>
            {e.char}
          </button>
        ))}
      </div>
    </section>
  );
}

/** move moves the focus in the grid: along the lines by one, across them by what stands above or below. */
function move(e: KeyboardEvent, body: HTMLElement | null): void {
  const all = [...(body?.querySelectorAll<HTMLElement>(".emoji-grid > button") ?? [])];
  const now = all.indexOf(document.activeElement as HTMLElement);
  if (now < 0) return;
  const rtl = document.documentElement.dir === "rtl";
  const next = target(e.key, all, now, rtl);
  if (!next) return;
  e.preventDefault();
  for (const one of [all[now], next]) if (one) one.tabIndex = one === next ? 0 : -1;
  next.focus();
}

function target(key: string, all: HTMLElement[], now: number, rtl: boolean): HTMLElement | undefined {
  switch (key) {
    case "ArrowRight":
      return all[now + (rtl ? -1 : 1)];
    case "ArrowLeft":
      return all[now + (rtl ? 1 : -1)];
    case "ArrowDown":
      return beyond(all, now, 1);
    case "ArrowUp":
      return beyond(all, now, -1);
    case "Home":
      return all[0];
    case "End":
      return all[all.length - 1];
  }
  return undefined;
}

/** beyond is the nearest in the next row that is there. */
function beyond(all: HTMLElement[], now: number, step: 1 | -1): HTMLElement | undefined {
  const at = all[now]?.getBoundingClientRect();
  if (!at) return undefined;
  let best: HTMLElement | undefined;
  let row: number | undefined;
  for (let i = now + step; i >= 0 && i < all.length; i += step) {
    const box = all[i]?.getBoundingClientRect();
    if (!box || Math.abs(box.top - at.top) < 2) continue;
    if (row === undefined) row = box.top;
    else if (Math.abs(box.top - row) > 2) break;
    if (!best || Math.abs(box.left - at.left) < Math.abs(best.getBoundingClientRect().left - at.left)) best = all[i];
  }
  return best;
}

function Tone() {
  const next = (tone.value + 1) % tones.length;
  const label = `${t("emoji.tone")}: ${t(`emoji.tone${tone.value}` as Key)}`;
  return (
    <button type="button" class="emoji emoji-tone" aria-label={label} data-tip={label} onClick={() => setTone(next)}>
      {tones[tone.value]}
    </button>
  );
}
