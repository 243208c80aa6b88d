import { effect } from "@preact/signals";
import type { Notice } from "../../lib/core";
import { announce, core, goToRoom, openRoom, refreshRooms, settings, watched } from "../state";
import { t } from "../strings";

// A tab that somebody looks at holds this lock, so that no other one notifies.
const lock = "parley-watched";

/** watchNotices shows a notification for what came while nobody looks at any tab, and says it aloud else. */
export function watchNotices() {
  core.on("notify", (notice) => void tell(notice));
  effect(() => {
    if (watched.value) hold();
  });
}

function hold() {
  void navigator.locks?.request(lock, { mode: "shared" }, () => {
    return new Promise<void>((release) => {
      const stop = effect(() => {
        if (watched.value) return;
        release();
        queueMicrotask(() => stop());
      });
    });
  });
}

async function tell(notice: Notice) {
  refreshRooms();
  if (watched.value) {
    if (notice.room !== openRoom.value) announce(t("live.message", { title: notice.title }));
    return;
  }
  if (!settings.value.notify || (await isWatchedElsewhere())) return;
  await show(notice);
}

async function isWatchedElsewhere(): Promise<boolean> {
  const locks = await navigator.locks?.query();
  return locks?.held?.some(({ name }) => name === lock) ?? false;
}

// show replaces an older notification of the same conversation: several tabs, and
// the service worker, may each show it.
async function show({ room, title, text }: Notice) {
  if (!("Notification" in window) || Notification.permission !== "granted") return;
  const options: NotificationOptions = {
    body: text || t("notify.one"),
    tag: room,
    icon: "icons/icon-192.png",
    data: { room },
    dir: "auto",
  };
  try {
    const one = new Notification(title, options);
    one.onclick = () => {
      window.focus();
      goToRoom(room);
      one.close();
    };
  } catch {
    // On a phone only a service worker may.
    const worker = await navigator.serviceWorker?.getRegistration();
    await worker?.showNotification(title, options);
  }
}
