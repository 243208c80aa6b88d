import { effect, signal } from "@preact/signals";
import type { Devices, Profile } from "../../lib/core";
import { core, phase, refresher } from "../state";

/** profile is the own one; null until it was read. */
export const profile = signal<Profile | null>(null);

/** devices are the own ones and those that wait; null until they were read. */
export const devices = signal<Devices | null>(null);

/** refreshDevices reads them again, soon. */
export const refreshDevices = refresher(async () => {
  if (phase.value === "ready") devices.value = await core.devices();
});

/** refreshProfile reads it again, soon. */
export const refreshProfile = refresher(async () => {
  if (phase.value === "ready") profile.value = await core.profile();
});

/** watchOwn reads both once somebody is here, and listens. */
export function watchOwn() {
  core.on("devices", refreshDevices);
  core.on("settings", refreshProfile); // another own device may have changed it
  effect(() => {
    if (phase.value === "ready") {
      refreshDevices();
      refreshProfile();
    } else {
      devices.value = null;
      profile.value = null;
    }
  });
}
