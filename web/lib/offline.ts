// The page's end of the service worker.

import { serviceWorkerURL } from "./urls";

/**
 * startOffline registers the service worker once the page has nothing better to do,
 * so that the page starts without a connection from then on. opened is told the
 * conversation of a notification that was clicked.
 */
export async function startOffline(opened: (room: string) => void): Promise<ServiceWorkerRegistration | undefined> {
  const workers = navigator.serviceWorker as ServiceWorkerContainer | undefined;
  if (!workers) return undefined;
  workers.addEventListener("message", (e: MessageEvent<{ open?: string }>) => {
    if (e.data?.open) opened(e.data.open);
  });
  try {
    return await workers.register(serviceWorkerURL() as string, { scope: "/", updateViaCache: "none" });
  } catch {
    return undefined; // a private window: the page works without
  }
}
