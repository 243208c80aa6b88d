import { useEffect, useRef, useState } from "preact/hooks";
import { Plus } from "../icons";
import { core, worked } from "../state";
import { t } from "../strings";
import { Button, Confirm, Dialog, TextField, toast } from "../ui";
import { whole, type Crop } from "./crop";
import { Cropper } from "./Cropper";
import { bitmapOf, cropped, NoSticker, open } from "./draw";
import { packs, wanted } from "./packs";
import "./stickers.css";

/** How many stickers a pack has at most. */
const most = 24;

/** A Piece is a sticker that is being made. */
export interface Piece {
  key: number;
  emoji: string;
  /** What it is now, as a data: URL. */
  data: string;
  /** The picture that it is cut out of; of one that was there it is read when it is wanted. */
  from: ImageBitmap | null;
  crop: Crop;
}

let keys = 0;

/** PackDialog makes a pack of pictures, or changes one: id is empty for a new one. */
export function PackDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const old = packs.value?.find((p) => p.id === id);
  const [name, setName] = useState(old?.name ?? "");
  const [pieces, setPieces] = useState<Piece[]>(() => (old?.stickers ?? []).map((s) => ({ key: ++keys, emoji: s.emoji, data: s.data, from: null, crop: whole })));
  const [chosen, setChosen] = useState<Piece | null>(null);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  useEffect(wanted, []);

  const add = async (files: readonly File[]) => {
    setBusy(true);
    const made: Piece[] = [];
    for (const file of files.slice(0, most - pieces.length)) {
      try {
        const from = await open(file);
        made.push({ key: ++keys, emoji: "🙂", data: await cropped(from, whole), from, crop: whole });
      } catch (err) {
        toast(t(err instanceof NoSticker && err.message === "too large" ? "stickers.tooLarge" : "stickers.noPicture", { name: file.name }));
      }
    }
    if (files.length > most - pieces.length) toast(t("stickers.tooMany", { n: most }));
    setPieces((now) => [...now, ...made]);
    setBusy(false);
    if (made.length === 1 && made[0]) setChosen(made[0]);
  };
  const edit = async (piece: Piece) => {
    try {
      setChosen({ ...piece, from: piece.from ?? (await bitmapOf(piece.data)) });
    } catch {
      toast(t("stickers.noPicture", { name: "" }));
    }
  };
  const save = async () => {
    setBusy(true);
    const stickers = pieces.map((p) => ({ id: "", emoji: p.emoji, data: p.data }));
    const done = await worked(core.setPack({ id: id || crypto.randomUUID(), name: name.trim(), stickers }));
    setBusy(false);
    if (done) onClose();
  };
  const remove = async () => {
    if (await worked(core.deletePack({ id }))) onClose();
  };

  if (asking) return <Confirm title={t("stickers.deleteTitle")} text={t("stickers.deleteText")} yes={t("stickers.delete")} danger onYes={() => void remove()} onClose={() => setAsking(false)} />;
  if (chosen) {
    const put = (piece: Piece | null) => {
      setPieces((now) => (piece ? now.map((p) => (p.key === piece.key ? piece : p)) : now.filter((p) => p.key !== chosen.key)));
      setChosen(null);
    };
    return <Cropper piece={chosen} onDone={put} onBack={() => setChosen(null)} />;
  }
  const foot = (
    <>
      {id && (
        <Button kind="danger-quiet" onClick={() => setAsking(true)}>
          {t("stickers.delete")}
        </Button>
      )}
      <Button kind="primary" busy={busy} disabled={name.trim() === "" || pieces.length === 0} onClick={() => void save()}>
        {t("stickers.save")}
      </Button>
    </>
  );
  return (
    <Dialog title={t(id ? "stickers.editTitle" : "stickers.makeTitle")} onClose={onClose} foot={foot}>
      <div
        class="pack"
        onDragOver={(e) => e.preventDefault()}
        onDrop={(e) => {
          e.preventDefault();
          void add([...(e.dataTransfer?.files ?? [])]);
        }}
      >
        <TextField label={t("stickers.name")} value={name} onText={(v) => setName(v.slice(0, 32))} hint={t("stickers.nameHint")} autofocus={!id} dir="auto" />
        <ul class="pack-grid" aria-label={t("stickers.inPack")}>
          {pieces.map((p) => (
            <li key={p.key}>
              <button type="button" aria-label={t("stickers.change", { emoji: p.emoji })} onClick={() => void edit(p)}>
                <img src={p.data} alt="" draggable={false} />
                <span class="emoji">{p.emoji}</span>
              </button>
            </li>
          ))}
          {pieces.length < most && (
            <li>
              <button type="button" class="pack-add" onClick={() => input.current?.click()}>
                <Plus size={1.5} />
                <span>{t("stickers.add")}</span>
              </button>
            </li>
          )}
        </ul>
        <p class="quiet-text">{t("stickers.privacy")}</p>
        <input
          ref={input}
          type="file"
          accept="image/*"
          multiple
          hidden
          onChange={(e) => {
            void add([...(e.currentTarget.files ?? [])]);
            e.currentTarget.value = "";
          }}
        />
      </div>
    </Dialog>
  );
}
