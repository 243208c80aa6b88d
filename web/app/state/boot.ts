import { computed, signal } from "@preact/signals";
import type { Boot, Connected } from "../../lib/core";
import { core } from "./core";

/** boot says who is here; null until the core has answered first. */
export const boot = signal<Boot | null>(null);

/** wiped is whether the browser has deleted what was kept here: until somebody signs in again. */
export const wiped = signal(false);

/** connection is how the server is reached: online, connecting or offline. */
export const connection = signal<Connected["state"]>("connecting");

/** phase is what the page shows: starting, none, waiting, ready or removed. */
export const phase = computed(() => boot.value?.phase ?? "starting");

/** account is the own account's URI. */
export const account = computed(() => boot.value?.account ?? "");

/** setBoot takes what a call or an event told of who is here. */
export function setBoot(now: Boot) {
  boot.value = now;
  if (now.wiped) wiped.value = true;
  else if (now.phase !== "none") wiped.value = false;
  setConnection(now.online);
}

/** setConnection takes what an event told of the connection. */
export function setConnection(now: Connected) {
  connection.value = now.state;
}

/** watchBoot asks who is here, and listens. */
export async function watchBoot(): Promise<void> {
  core.on("boot", setBoot);
  core.on("connection", setConnection);
  setBoot(await core.boot());
}
