/**
 * refresher makes a function that calls load soon, and never twice at a time: a
 * wish that comes while a load is under way leads to exactly one more. A failed
 * load is dropped: the next event asks again.
 */
export function refresher(load: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await load().catch(() => undefined);
    } while (again);
    running = false;
  };
  return () => void run();
}
