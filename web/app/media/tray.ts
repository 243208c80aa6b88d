/** What is chosen to be sent in a conversation, until it is sent. */

import { batch, signal } from "@preact/signals";
import { announce, boot } from "../state";
import { t } from "../strings";
import { bytes } from "../strings/dates";
import { toast } from "../ui";
import { bareName, bareType, roleOf, type Role } from "./kinds";
import { openPhoto } from "./photo";
import { openVideo } from "./video";

/** How many are sent at a time. */
export const most = 10;

/** An Item is a file that was chosen. */
export interface Item {
  readonly key: number;
  readonly file: File;
  readonly name: string;
  readonly role: Role;
  readonly type: string;
  /** a blob: URL of the file, while it is in the tray */
  readonly url: string;
  readonly opening: boolean;
  readonly width: number;
  readonly height: number;
  readonly duration: number; // milliseconds
  readonly thumb: string;
  readonly poster: string;
  readonly moves: boolean;
  readonly alt: string;
  /** of a voice note: its levels */
  readonly wave: string;
}

let last = 0;

/** A Tray holds what was chosen in one conversation. */
export class Tray {
  readonly items = signal<readonly Item[]>([]);
  readonly original = signal(false);
  readonly once = signal(false);

  /** add takes files, up to what may be sent; it says of those that can't be why. */
  add(files: readonly File[]): void {
    const limit = boot.value?.server?.blobs?.size ?? 0;
    if (limit === 0) return toast(t("media.noMedia"));
    const good = files.filter((f) => fits(f, limit));
    const room = most - this.items.value.length;
    if (good.length > room) toast(t("media.tooMany", { n: most }));
    const items = good.slice(0, room).map((f) => itemOf(f));
    batch(() => {
      this.items.value = [...this.items.value, ...items];
      if (!this.mayOnce) this.once.value = false;
    });
    for (const item of items) void this.open(item);
  }

  /** open looks at an item; what the browser can't show goes as a file. */
  private async open(item: Item): Promise<void> {
    if (!item.opening) return;
    const found = await (item.role === "photo" ? openPhoto(item.file) : openVideo(item.file)).catch(() => ({ role: "file" as const }));
    this.change(item, { ...found, opening: false });
    if (!this.mayOnce) this.once.value = false;
  }

  /** change replaces an item by one that differs. */
  private change(item: Item, some: Partial<Item>): void {
    this.items.value = this.items.value.map((i) => (i.key === item.key ? { ...i, ...some } : i));
  }

  /** mayOnce says whether what was chosen can be viewed once: one photo or video. */
  get mayOnce(): boolean {
    const all = this.items.value;
    return all.length === 1 && (all[0]?.role === "photo" || all[0]?.role === "video");
  }

  /** ready says whether everything was looked at. */
  get ready(): boolean {
    return this.items.value.length > 0 && this.items.value.every((i) => !i.opening);
  }

  remove(item: Item): void {
    URL.revokeObjectURL(item.url);
    this.items.value = this.items.value.filter((i) => i.key !== item.key);
    if (!this.mayOnce) this.once.value = false;
  }

  /** move puts an item before or behind its neighbour. */
  move(item: Item, by: -1 | 1): void {
    const was = this.items.value.findIndex((i) => i.key === item.key);
    const all = this.items.value.filter((i) => i.key !== item.key);
    const at = Math.max(0, Math.min(all.length, was + by));
    this.items.value = all.toSpliced(at, 0, item);
    announce(t("media.moved", { name: item.name, n: at + 1, all: all.length + 1 }));
  }

  describe(item: Item, alt: string): void {
    this.change(item, { alt });
  }

  /** take empties the tray and returns what was in it; whoever takes it revokes the URLs. */
  take(): { items: readonly Item[]; original: boolean; once: boolean } {
    const taken = { items: this.items.value, original: this.original.value, once: this.once.value && this.mayOnce };
    batch(() => {
      this.items.value = [];
      this.original.value = false;
      this.once.value = false;
    });
    return taken;
  }
}

function fits(file: File, limit: number): boolean {
  const name = bareName(file.name);
  if (file.size === 0) toast(t("media.empty", { name }));
  else if (file.size > limit) toast(t("media.tooLarge", { name, size: bytes(limit) }));
  return file.size > 0 && file.size <= limit;
}

/** itemOf is a file as it was chosen, before it was looked at. */
export function itemOf(file: File, role: Role = roleOf(file.type)): Item {
  return {
    key: ++last,
    file,
    name: bareName(file.name),
    role,
    type: bareType(file.type),
    url: role === "file" ? "" : URL.createObjectURL(file),
    opening: role === "photo" || role === "video",
    width: 0,
    height: 0,
    duration: 0,
    thumb: "",
    poster: "",
    moves: false,
    alt: "",
    wave: "",
  };
}

const trays = new Map<string, Tray>();

/** trayOf is a conversation's: what was chosen stays there while one looks at another. */
export function trayOf(room: string): Tray {
  let tray = trays.get(room);
  if (!tray) trays.set(room, (tray = new Tray()));
  return tray;
}

/** filesOf are the files of what was pasted or dropped; folders are left out, with a word. */
export function filesOf(data: DataTransfer): File[] {
  const files: File[] = [];
  let folders = false;
  for (const item of data.items) {
    if (item.kind !== "file") continue;
    if (item.webkitGetAsEntry?.()?.isDirectory) folders = true;
    else {
      const file = item.getAsFile();
      if (file) files.push(file);
    }
  }
  if (folders) toast(t("media.isFolder"));
  return files;
}

/** forgetTrays empties all: somebody signed out. */
export function forgetTrays(): void {
  for (const tray of trays.values()) tray.take().items.forEach((i) => URL.revokeObjectURL(i.url));
  trays.clear();
}
