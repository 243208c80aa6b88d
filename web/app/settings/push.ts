import { boot, core, worked } from "../state";

/** canNotify is whether this browser has notifications at all. */
export const canNotify = "Notification" in window;

/** canPush is whether messages can be told of while the page is closed. */
export function canPush(): boolean {
  return "PushManager" in window && "serviceWorker" in navigator && !!boot.value?.server?.push_key;
}

/** askToNotify asks the person, through the browser: only in answer to a click. */
export async function askToNotify(): Promise<boolean> {
  return canNotify && (await Notification.requestPermission()) === "granted";
}

/** startPush has the browser wake the page's service worker when something is new. It changes nothing where that can't be. */
export async function startPush(): Promise<boolean> {
  if (!canPush()) return false;
  const worker = await navigator.serviceWorker.getRegistration();
  if (!worker) return false;
  try {
    const made = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: boot.value?.server?.push_key });
    const { endpoint, keys } = made.toJSON();
    return await worked(core.subscribePush({ endpoint: endpoint ?? "", key: keys?.p256dh ?? "", auth: keys?.auth ?? "" }));
  } catch {
    return false; // the browser has no push service, or none that answers
  }
}

/** stopPush ends that. */
export async function stopPush(): Promise<void> {
  if (!("serviceWorker" in navigator)) return;
  const worker = await navigator.serviceWorker.getRegistration();
  const subscription = await worker?.pushManager?.getSubscription();
  if (!subscription) return;
  await core.unsubscribePush().catch(() => undefined);
  await subscription.unsubscribe();
}
