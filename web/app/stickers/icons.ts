import { filled, strokes } from "../icons/icon";

export const StickerIcon = strokes("M13 20H8a4 4 0 01-4-4V8a4 4 0 014-4h8a4 4 0 014 4v5l-7 7zM13 20v-3a4 4 0 014-4h3M8.8 13.2a3.6 3.6 0 003.4 2.2M9 9.3v.1M14.5 9.3v.1");
export const Star = strokes("M12 3.8l2.5 5.1 5.6.8-4 4 .9 5.6-5-2.6-5 2.6.9-5.6-4-4 5.6-.8L12 3.8z");
export const Starred = filled("M12 3.2l2.6 5.4 5.9.9-4.2 4.1 1 5.9-5.3-2.8-5.3 2.8 1-5.9L3.5 9.5l5.9-.9L12 3.2z");
