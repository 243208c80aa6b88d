/** How long somebody who has just signed up is given, in milliseconds. */
const moment = 1000;

/**
 * onceMore makes a call, and makes it again after a moment if it was refused because
 * the other side isn't ready yet: who has just signed up is about to be. The second
 * refusal stands.
 */
export async function onceMore<T>(call: () => Promise<T>, wait: number = moment): Promise<T> {
  try {
    return await call();
  } catch (refused) {
    if ((refused as { code?: unknown } | null)?.code !== "no_key_package") throw refused;
  }
  await new Promise((done) => setTimeout(done, wait));
  return call();
}
