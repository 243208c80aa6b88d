import { useRef, useState } from "preact/hooks";
import { Back, Close, Next, Plus } from "../icons";
import { t } from "../strings";
import { bytes } from "../strings/dates";
import { Button, Dialog, IconButton, Spinner, Switch, TextField } from "../ui";
import { FileSign } from "./FileCard";
import { Play } from "./icons";
import { most, type Item, type Tray } from "./tray";
import { clockOf } from "./wave";

/** How long a description may be, in UTF-16 units: it fits in what a message carries. */
const mostAlt = 300;

/** TrayBar is what is about to be sent, above the field: each can be described, moved and taken out. */
export function TrayBar({ tray, onAdd }: { tray: Tray; onAdd: () => void }) {
  const items = tray.items.value;
  const [describing, describe] = useState<Item | null>(null);
  if (items.length === 0) return null;
  const photos = items.some((i) => i.role === "photo" && !i.moves);
  return (
    <section class="tray" aria-label={t("media.tray")}>
      <ul class="tray-items scroll">
        {items.map((item, i) => (
          <li key={item.key} class="tray-item">
            <Preview item={item} />
            <Deeds tray={tray} item={item} i={i} n={items.length} onDescribe={() => describe(item)} />
          </li>
        ))}
        {items.length < most && (
          <li class="tray-item">
            <button type="button" class="tray-add" aria-label={t("media.addMore")} data-tip={t("media.addMore")} onClick={onAdd}>
              <Plus />
            </button>
          </li>
        )}
      </ul>
      {items.some((i) => i.role === "file" && !i.opening) && <p class="tray-note">{t("media.fileHint")}</p>}
      {photos && <Switch label={t("media.original")} hint={t("media.originalHint")} on={tray.original.value} onChange={(on) => (tray.original.value = on)} />}
      {tray.mayOnce && <Switch label={t("media.once")} hint={t("media.onceHint")} on={tray.once.value} onChange={(on) => (tray.once.value = on)} />}
      {describing && <Describe item={describing} tray={tray} onClose={() => describe(null)} />}
    </section>
  );
}

function Preview({ item }: { item: Item }) {
  if (item.opening) {
    return (
      <span class="tray-picture" role="status">
        <Spinner />
        <span class="unseen">{t("media.opening", { name: item.name })}</span>
      </span>
    );
  }
  if (item.role === "photo") return <img class="tray-picture" src={item.url} alt={item.alt || item.name} draggable={false} />;
  if (item.role === "video") {
    return (
      <span class="tray-picture">
        <img src={item.poster} alt={item.name} draggable={false} />
        <span class="cell-play small">
          <Play size={0.875} />
        </span>
        <span class="cell-note">{clockOf(item.duration)}</span>
      </span>
    );
  }
  return (
    <span class="tray-file">
      <FileSign type={item.type} />
      <bdi class="one-line">{item.name}</bdi>
      <span>{bytes(item.file.size)}</span>
    </span>
  );
}

interface DeedsProps {
  tray: Tray;
  item: Item;
  i: number;
  n: number;
  onDescribe: () => void;
}

function Deeds({ tray, item, i, n, onDescribe }: DeedsProps) {
  const list = useRef<HTMLDivElement>(null);
  const name = item.name;
  const move = (by: -1 | 1) => {
    tray.move(item, by);
    // The button moves with its picture, and keeps the focus if it still can be pressed.
    requestAnimationFrame(() => list.current?.querySelector<HTMLElement>(by < 0 ? "[data-move='-1']:not(:disabled), [data-move]:not(:disabled)" : "[data-move='1']:not(:disabled), [data-move]:not(:disabled)")?.focus());
  };
  return (
    <div ref={list} class="tray-deeds">
      <IconButton small class="tray-remove" label={t("media.remove", { name })} icon={Close} onClick={() => tray.remove(item)} />
      {n > 1 && <IconButton small data-move="-1" class="tray-move" label={t("media.earlier", { name })} icon={Back} disabled={i === 0} onClick={() => move(-1)} />}
      {n > 1 && <IconButton small data-move="1" class="tray-move" label={t("media.later", { name })} icon={Next} disabled={i === n - 1} onClick={() => move(1)} />}
      {(item.role === "photo" || item.role === "video") && (
        <button type="button" class={item.alt ? "tray-alt on" : "tray-alt"} aria-label={t("media.altButton", { name })} data-tip={t("media.altButton", { name })} onClick={onDescribe}>
          {t("media.altShort")}
        </button>
      )}
    </div>
  );
}

function Describe({ item, tray, onClose }: { item: Item; tray: Tray; onClose: () => void }) {
  const [text, setText] = useState(item.alt);
  const keep = () => {
    tray.describe(item, text.trim());
    onClose();
  };
  const foot = (
    <Button kind="primary" onClick={keep}>
      {t("media.altSave")}
    </Button>
  );
  return (
    <Dialog title={t("media.altTitle")} onClose={onClose} foot={foot} width="narrow">
      <img class="alt-picture" src={item.role === "video" ? item.poster : item.url} alt="" draggable={false} />
      <TextField label={t("media.altLabel")} hint={t("media.altHint")} value={text} onText={(now) => setText(now.slice(0, mostAlt))} autofocus dir="auto" />
    </Dialog>
  );
}
