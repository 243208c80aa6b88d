import { useEffect, useRef, useState } from "preact/hooks";
import { Smile } from "../icons";
import { StickerIcon } from "../stickers/icons";
import type { Item } from "../stickers/search";
import { StickerPicker } from "../stickers/StickerPicker";
import { t } from "../strings";
import { EmojiPicker } from "./EmojiPicker";
import "./emoji.css";

export interface EmojiPopoverProps {
  at: Element;
  /** Emoji that are offered first. */
  quick?: readonly string[];
  onPick: (emoji: string) => void;
  /** Where stickers can be sent too: one was chosen. */
  onSticker?: (item: Item) => void;
  /** A pack of one's own is to be changed, or, without an id, made. */
  onPack?: (id: string) => void;
  onClose: () => void;
}

/** The half of the picker that was open last. */
let half: "emoji" | "stickers" = "emoji";

/** EmojiPopover is the picker above everything else, at an element. Esc and a press beside it close it. */
export function EmojiPopover({ at, quick, onPick, onSticker, onPack, onClose }: EmojiPopoverProps) {
  const [shown, setShown] = useState(onSticker ? half : "emoji");
  const show = (to: typeof half) => setShown((half = to));
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const box = ref.current;
    if (!box) return;
    const before = document.activeElement;
    box.showPopover();
    place(box, at);
    const beside = (e: PointerEvent) => {
      if (!box.contains(e.target as Node)) onClose();
    };
    document.addEventListener("pointerdown", beside, true);
    return () => {
      document.removeEventListener("pointerdown", beside, true);
      const inside = box.contains(document.activeElement) || document.activeElement === document.body;
      if (inside && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  const keys = (e: KeyboardEvent) => {
    e.stopPropagation();
    if (e.key !== "Escape") return;
    e.preventDefault();
    onClose();
  };
  return (
    <div ref={ref} class="emoji-popover" role="dialog" aria-label={t("emoji.title")} popover="manual" onKeyDown={keys}>
      {shown === "stickers" && onSticker && onPack ? <StickerPicker onPick={onSticker} onPack={onPack} /> : <EmojiPicker quick={quick} onPick={onPick} />}
      {onSticker && (
        <div class="picker-halves" role="tablist" aria-label={t("stickers.halves")}>
          <button type="button" role="tab" aria-selected={shown === "emoji"} onClick={() => show("emoji")}>
            <Smile size={1.125} /> {t("stickers.tabEmoji")}
          </button>
          <button type="button" role="tab" aria-selected={shown === "stickers"} onClick={() => show("stickers")}>
            <StickerIcon size={1.125} /> {t("stickers.tabStickers")}
          </button>
        </div>
      )}
    </div>
  );
}

/** place puts the picker above or below its element, inside the window. */
function place(box: HTMLElement, at: Element): void {
  const edge = at.getBoundingClientRect();
  const { offsetWidth: w, offsetHeight: h } = box;
  const x = edge.left + edge.width / 2 > innerWidth / 2 ? edge.right - w : edge.left;
  const above = edge.top - h - 8;
  const y = above >= 8 ? above : Math.min(edge.bottom + 8, innerHeight - h - 8);
  box.style.left = `${Math.max(8, Math.min(x, innerWidth - w - 8))}px`;
  box.style.top = `${Math.max(8, y)}px`;
}
