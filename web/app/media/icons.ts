// The icons of photos, videos, sounds and files, drawn for the page as those in ../icons.
import { filled, strokes } from "../icons/icon";
import type { Icon } from "../icons";
import type { Sort } from "./kinds";

export const Attach = strokes("M19.5 11.5l-7.6 7.6a4.6 4.6 0 01-6.5-6.5l8-8a3.1 3.1 0 014.4 4.4l-7.9 7.9a1.55 1.55 0 01-2.2-2.2l7.2-7.2");
export const Mic = strokes("M12 14.5a3 3 0 003-3V6a3 3 0 00-6 0v5.5a3 3 0 003 3zM5.8 11.2a6.2 6.2 0 0012.4 0M12 17.5v3");
export const Play = filled("M8.2 4.9a1 1 0 00-1.5.9v12.4a1 1 0 001.5.9l10.3-6.2a1 1 0 000-1.8L8.2 4.9z");
export const Pause = filled("M7.5 4.8h2.2a.8.8 0 01.8.8v12.8a.8.8 0 01-.8.8H7.5a.8.8 0 01-.8-.8V5.6a.8.8 0 01.8-.8zM14.3 4.8h2.2a.8.8 0 01.8.8v12.8a.8.8 0 01-.8.8h-2.2a.8.8 0 01-.8-.8V5.6a.8.8 0 01.8-.8z");
export const Sound = strokes("M4 9.5v5h3.2l4.3 3.8V5.7L7.2 9.5H4zM15 9.2a4 4 0 010 5.6M17.6 6.6a7.6 7.6 0 010 10.8");
export const SoundOff = strokes("M4 9.5v5h3.2l4.3 3.8V5.7L7.2 9.5H4zM15.5 9.8l4.4 4.4M19.9 9.8l-4.4 4.4");
export const Whole = strokes("M9 4.5H4.5V9M15 4.5h4.5V9M9 19.5H4.5V15M15 19.5h4.5V15");
export const WholeEnd = strokes("M4.5 9H9V4.5M19.5 9H15V4.5M4.5 15H9v4.5M19.5 15H15v4.5");
export const Small = strokes("M5 5.5h14A1.5 1.5 0 0120.5 7v10a1.5 1.5 0 01-1.5 1.5H5A1.5 1.5 0 013.5 17V7A1.5 1.5 0 015 5.5zM12.5 12.5h5v3.5h-5z");
export const Download = strokes("M12 4v11M7 10.5l5 5 5-5M4.5 19.5h15");
export const Minus = strokes("M5 12h14");
export const Once = strokes("M12 20.5a8.5 8.5 0 100-17 8.5 8.5 0 000 17zM10.3 9.3L12.3 8v8");
export const Before = strokes("M15 5l-7 7 7 7", true);
export const After = strokes("M9 5l7 7-7 7", true);

const page = "M7 3.5h6.5l4.5 4.5v11a1.5 1.5 0 01-1.5 1.5h-9.5A1.5 1.5 0 015.5 19V5A1.5 1.5 0 017 3.5zM13.3 3.7V8.2h4.5";

/** The icon of each sort of file. */
export const ofSort: Record<Sort, Icon> = {
  picture: strokes("M5 4.5h14A1.5 1.5 0 0120.5 6v12a1.5 1.5 0 01-1.5 1.5H5A1.5 1.5 0 013.5 18V6A1.5 1.5 0 015 4.5zM4 16.5l4.5-4.5 4 4 2.5-2.5 5 5M15.5 9.3v.1"),
  video: strokes("M5 5.5h9.5A1.5 1.5 0 0116 7v10a1.5 1.5 0 01-1.5 1.5H5A1.5 1.5 0 013.5 17V7A1.5 1.5 0 015 5.5zM16 10.5l4.5-2.5v8L16 13.5"),
  sound: strokes("M9 17.5V6l9.5-2v11.5M9 17.5a2.5 2.5 0 11-5 0 2.5 2.5 0 015 0zM18.5 15.5a2.5 2.5 0 11-5 0 2.5 2.5 0 015 0z"),
  archive: strokes(page + "M10 10.5h.1M12 12.5h.1M10 14.5h.1M12 16.5h.1"),
  text: strokes(page + "M8.5 12h6M8.5 15.5h4.5"),
  table: strokes(page + "M8.3 11.5h7v5.5h-7zM8.3 14.3h7M11.8 11.5v5.5"),
  other: strokes(page),
};
