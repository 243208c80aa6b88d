import { Bell, Devices, Info, Keyboard, Lock, Person, SignOut, Storage, Sun, type Icon } from "../icons";
import type { Key } from "../strings";

/** A PageEntry is a page of the settings: its part of the address, its title, its sign. */
export interface PageEntry {
  page: string;
  title: Key;
  icon: Icon;
}

/** pages are all pages, in order. */
export const pages: readonly PageEntry[] = [
  { page: "profile", title: "settings.profile", icon: Person },
  { page: "devices", title: "settings.devices", icon: Devices },
  { page: "privacy", title: "settings.privacy", icon: Lock },
  { page: "notices", title: "notices.title", icon: Info },
  { page: "notifications", title: "settings.notifications", icon: Bell },
  { page: "look", title: "settings.look", icon: Sun },
  { page: "storage", title: "settings.storage", icon: Storage },
  { page: "keys", title: "settings.keys", icon: Keyboard },
  { page: "account", title: "settings.account", icon: SignOut },
];
