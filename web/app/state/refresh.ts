/** How long after a failed load the next one is tried, in milliseconds. */
const patience = 3000;

/** How often that is done, before only the next event asks again. */
const tries = 5;

/**
 * refresher makes a function that calls load soon, and never twice at a time: a
 * wish that comes while a load is under way leads to exactly one more. A load that
 * failed is tried again after a while, a few times.
 */
export function refresher(load: () => Promise<void>): () => void {
  let running = false;
  let again = false;
  let failed = 0;
  const later = () => {
    if (++failed < tries) setTimeout(run, patience);
  };
  const run = async () => {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await load().then(() => (failed = 0), later);
    } while (again);
    running = false;
  };
  return () => void run();
}
