// The icons of the page, drawn for it. Each is a component: <Search size={1} />.
import { filled, strokes } from "./icon";

export type { Icon, IconProps } from "./icon";

// Where one goes.
export const Back = strokes("M15 5l-7 7 7 7", true);
export const Next = strokes("M9 5l7 7-7 7", true);
export const Down = strokes("M5 9l7 7 7-7");
export const Up = strokes("M5 15l7-7 7 7");
export const ArrowDown = strokes("M12 4v15M5.5 12.5L12 19l6.5-6.5");
export const Close = strokes("M6 6l12 12M18 6L6 18");
export const More = filled(
  "M12 7.2a1.7 1.7 0 100-3.4 1.7 1.7 0 000 3.4zm0 6.5a1.7 1.7 0 100-3.4 1.7 1.7 0 000 3.4zm0 6.5a1.7 1.7 0 100-3.4 1.7 1.7 0 000 3.4z",
);
export const Search = strokes("M10.5 17.5a7 7 0 100-14 7 7 0 000 14zM15.6 15.6L20.5 20.5");
export const Compose = strokes(
  "M12 4H7a3 3 0 00-3 3v10a3 3 0 003 3h10a3 3 0 003-3v-5M17.6 3.9a1.8 1.8 0 012.5 2.5L12.6 14l-3.4.8.8-3.4 7.6-7.5z",
);
export const Settings = strokes(
  "M12 15.2a3.2 3.2 0 100-6.4 3.2 3.2 0 000 6.4zM19.2 14.4a1.5 1.5 0 00.3 1.65l.05.05a1.8 1.8 0 11-2.55 2.55l-.05-.05a1.5 1.5 0 00-2.55 1.05v.15a1.8 1.8 0 01-3.6 0v-.1a1.5 1.5 0 00-2.6-1.05l-.05.05a1.8 1.8 0 11-2.55-2.55l.05-.05a1.5 1.5 0 00-1.05-2.55H4.5a1.8 1.8 0 010-3.6h.1a1.5 1.5 0 001.05-2.6L5.6 7.3a1.8 1.8 0 112.55-2.55l.05.05a1.5 1.5 0 002.55-1.05V3.6a1.8 1.8 0 013.6 0v.1a1.5 1.5 0 002.55 1.05l.05-.05a1.8 1.8 0 112.55 2.55l-.05.05a1.5 1.5 0 001.05 2.55h.15a1.8 1.8 0 010 3.6h-.1a1.5 1.5 0 00-1.4.95z",
);

// What one does.
export const Plus = strokes("M12 5v14M5 12h14");
export const Check = strokes("M5 12.5l4.5 4.5L19 7.5");
export const CheckTwice = strokes("M2.5 12.5L7 17l9-9.5M11.5 15.5L13 17l9-9.5");
export const Clock = strokes("M12 20a8 8 0 100-16 8 8 0 000 16zM12 8v4.3l2.7 1.7");
export const Alert = strokes("M12 20.5a8.5 8.5 0 100-17 8.5 8.5 0 000 17zM12 7.8v5M12 16.2v.1");
export const Info = strokes("M12 20.5a8.5 8.5 0 100-17 8.5 8.5 0 000 17zM12 11.2v5M12 7.8v.1");
export const Pin = strokes("M9 4h6l-.7 5.6 3.2 3.4v1.5h-11V13l3.2-3.4L9 4zM12 14.5V20");
export const Unpin = strokes("M9 4h6l-.7 5.6 3.2 3.4v1.5h-11V13l3.2-3.4L9 4zM12 14.5V20M4 4l16 16");
export const Mute = strokes(
  "M10 19.5a2.2 2.2 0 004 0M6.6 8.7A5.8 5.8 0 0112 4a5.8 5.8 0 015.8 5.8c0 3 .7 4.6 1.5 5.7M16 16.5H4.9s1.3-1.6 1.3-5M4 4l16 16",
);
export const Bell = strokes("M10 19.5a2.2 2.2 0 004 0M6.2 9.8a5.8 5.8 0 0111.6 0c0 4.9 1.8 6.7 1.8 6.7H4.4s1.8-1.8 1.8-6.7z");
export const Archive = strokes("M3.8 5.5h16.4v3.6H3.8zM5.4 9.1v7.9a2 2 0 002 2h9.2a2 2 0 002-2V9.1M10 12.6h4");
export const Unarchive = strokes(
  "M3.8 5.5h16.4v3.6H3.8zM5.4 9.1v7.9a2 2 0 002 2h9.2a2 2 0 002-2V9.1M12 16.5v-4.6M9.9 13.8l2.1-2.1 2.1 2.1",
);
export const Trash = strokes(
  "M4.5 6.8h15M9.4 6.8V5.2a1.4 1.4 0 011.4-1.4h2.4a1.4 1.4 0 011.4 1.4v1.6M6.5 6.8l.8 11.3a2 2 0 002 1.9h5.4a2 2 0 002-1.9l.8-11.3M10.2 10.8v5.2M13.8 10.8v5.2",
);
export const Block = strokes("M12 20.5a8.5 8.5 0 100-17 8.5 8.5 0 000 17zM6 6l12 12");
export const Reply = strokes("M9.5 6L4 11.5 9.5 17M4.4 11.5h8.1a7 7 0 017 7", true);
export const Forward = strokes("M14.5 6l5.5 5.5-5.5 5.5M19.6 11.5h-8.1a7 7 0 00-7 7", true);
export const Copy = strokes(
  "M10 8.5h8a1.5 1.5 0 011.5 1.5v8.5A1.5 1.5 0 0118 20h-8a1.5 1.5 0 01-1.5-1.5V10A1.5 1.5 0 0110 8.5zM15.5 8.3V5.5A1.5 1.5 0 0014 4H6a1.5 1.5 0 00-1.5 1.5V14A1.5 1.5 0 006 15.5h2.3",
);
export const Edit = strokes("M16.4 4.6a2 2 0 012.9 2.9L8.6 18.2l-4.1 1.2 1.2-4.1L16.4 4.6zM14 7l3 3");
export const Smile = strokes("M12 20.5a8.5 8.5 0 100-17 8.5 8.5 0 000 17zM8.6 14a4 4 0 006.8 0M9.2 9.7v.1M14.8 9.7v.1");
export const Send = filled(
  "M4.2 3.7a1.1 1.1 0 00-1.5 1.3l2 6.2 8.3.8-8.3.8-2 6.2a1.1 1.1 0 001.5 1.3l16.6-7.3a1.1 1.1 0 000-2L4.2 3.7z",
  true,
);
export const Camera = strokes(
  "M4.5 8h2.6l1.4-2.3h7L16.9 8h2.6A1.5 1.5 0 0121 9.5v8a1.5 1.5 0 01-1.5 1.5h-15A1.5 1.5 0 013 17.5v-8A1.5 1.5 0 014.5 8zM12 16.3a3.1 3.1 0 100-6.2 3.1 3.1 0 000 6.2z",
);
export const SignOut = strokes("M13.5 4.5H7a2 2 0 00-2 2v11a2 2 0 002 2h6.5M10.5 12h9.5M16.5 8.5L20 12l-3.5 3.5", true);
export const Retry = strokes("M19.5 12a7.5 7.5 0 11-2.4-5.5M19.7 4v4.2h-4.2");

// What things are.
export const Person = strokes("M12 11.8a3.9 3.9 0 100-7.8 3.9 3.9 0 000 7.8zM4.8 20a7.3 7.3 0 0114.4 0");
export const AddPerson = strokes("M10 11.8a3.8 3.8 0 100-7.6 3.8 3.8 0 000 7.6zM3 20a7.1 7.1 0 0114 0M19 8v6M16 11h6");
export const People = strokes(
  "M9 11.4a3.5 3.5 0 100-7 3.5 3.5 0 000 7zM2.5 19.5a6.6 6.6 0 0113 0M15.6 4.7a3.5 3.5 0 010 6.4M17.8 14.2a6.6 6.6 0 013.7 5.3",
);
export const Chats = strokes(
  "M12 4.2c4.9 0 8.6 3.2 8.6 7.4S16.9 19 12 19c-1 0-2-.1-2.9-.4L4.5 20l1.2-3.6a6.9 6.9 0 01-2.3-4.8c0-4.2 3.7-7.4 8.6-7.4z",
);
export const Inbox = strokes(
  "M4 13.5l2.5-7.6A2 2 0 018.4 4.5h7.2a2 2 0 011.9 1.4l2.5 7.6v4a2 2 0 01-2 2H6a2 2 0 01-2-2v-4zM4.2 13.5h4.3l1.3 2.5h4.4l1.3-2.5h4.3",
);
export const Devices = strokes(
  "M5 15.5V7.5A1.5 1.5 0 016.5 6H17M3 18.5h8.5M16 9.5h4a1.2 1.2 0 011.2 1.2v7.6a1.2 1.2 0 01-1.2 1.2h-4a1.2 1.2 0 01-1.2-1.2v-7.6A1.2 1.2 0 0116 9.5z",
);
export const Phone = strokes("M8.5 3.5h7A1.5 1.5 0 0117 5v14a1.5 1.5 0 01-1.5 1.5h-7A1.5 1.5 0 017 19V5a1.5 1.5 0 011.5-1.5zM11 17.5h2");
export const Lock = strokes(
  "M7 10.5h10a1.5 1.5 0 011.5 1.5v6.5A1.5 1.5 0 0117 20H7a1.5 1.5 0 01-1.5-1.5V12A1.5 1.5 0 017 10.5zM8.5 10.3V7.5a3.5 3.5 0 017 0v2.8",
);
export const Key = strokes("M8.5 18.5a4.5 4.5 0 100-9 4.5 4.5 0 000 9zM11.8 10.7L18.5 4M15.5 7l2.7 2.7");
export const Sun = strokes(
  "M12 16a4 4 0 100-8 4 4 0 000 8zM12 2.8v1.7M12 19.5v1.7M2.8 12h1.7M19.5 12h1.7M5.5 5.5l1.2 1.2M17.3 17.3l1.2 1.2M5.5 18.5l1.2-1.2M17.3 6.7l1.2-1.2",
);
export const Eye = strokes(
  "M2.8 12S6 5.8 12 5.8 21.2 12 21.2 12 18 18.2 12 18.2 2.8 12 2.8 12zM12 14.8a2.8 2.8 0 100-5.6 2.8 2.8 0 000 5.6z",
);
export const EyeOff = strokes(
  "M9.9 6.1A9.5 9.5 0 0112 5.8c6 0 9.2 6.2 9.2 6.2a15 15 0 01-2.7 3.5M14.5 17.8a9.5 9.5 0 01-2.5.4C6 18.2 2.8 12 2.8 12a15.5 15.5 0 013.8-4.4M4 4l16 16",
);
export const Globe = strokes(
  "M12 20.5a8.5 8.5 0 100-17 8.5 8.5 0 000 17zM3.7 12h16.6M12 3.6c2.3 2.3 3.5 5.1 3.5 8.4s-1.2 6.1-3.5 8.4c-2.3-2.3-3.5-5.1-3.5-8.4S9.7 5.9 12 3.6z",
);
export const Storage = strokes(
  "M12 9.5c4.1 0 7.5-1.3 7.5-3s-3.4-3-7.5-3-7.5 1.3-7.5 3 3.4 3 7.5 3zM4.5 6.5v11c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3v-11M4.5 12c0 1.7 3.4 3 7.5 3s7.5-1.3 7.5-3",
);
export const Shield = strokes("M12 3.5l7 2.5v5.5c0 4.3-2.9 7.3-7 9-4.1-1.7-7-4.7-7-9V6l7-2.5z");
export const ShieldCheck = strokes("M12 3.5l7 2.5v5.5c0 4.3-2.9 7.3-7 9-4.1-1.7-7-4.7-7-9V6l7-2.5zM9 12l2.2 2.2L15.2 10");
export const Timer = strokes("M12 20.5a7.3 7.3 0 100-14.6 7.3 7.3 0 000 14.6zM12 9.5v3.8M9.5 3h5");
export const At = strokes("M12 15.7a3.7 3.7 0 100-7.4 3.7 3.7 0 000 7.4zM15.7 8.5v5a2.3 2.3 0 004.6 0V12a8.3 8.3 0 10-3.3 6.6");
export const Link = strokes("M10 14a4 4 0 005.7 0l3-3A4 4 0 0013 5.3l-1 1M14 10a4 4 0 00-5.7 0l-3 3A4 4 0 0011 18.7l1-1");
export const Offline = strokes("M8.2 7.5A5.7 5.7 0 0117.3 11a4 4 0 012.6 6.5M16 18.5H7.3a4.3 4.3 0 01-.8-8.5M4 4l16 16");
export const Qr = strokes("M4.5 4.5h5v5h-5zM14.5 4.5h5v5h-5zM4.5 14.5h5v5h-5zM14.5 14.5h2M19.5 14.5v2M14.5 19.5v-2M17 17h2.5v2.5");
export const Draft = Edit;
export const Keyboard = strokes(
  "M4.5 6.5h15A1.5 1.5 0 0121 8v8a1.5 1.5 0 01-1.5 1.5h-15A1.5 1.5 0 013 16V8a1.5 1.5 0 011.5-1.5zM6.5 10v.1M10 10v.1M13.8 10v.1M17.5 10v.1M8 14h8",
);
