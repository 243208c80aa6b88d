// What somebody has begun to write. It stays while the page is open: over Esc, another
// view, and a session that ends meanwhile; and goes with who wrote it.
import { useState } from "preact/hooks";

const drafts = new Map<string, unknown>();
let writer = "";

/** useDraft is state that is still there when the view is drawn again; drop forgets it. */
export function useDraft<T>(name: string, empty: T): [value: T, set: (value: T) => void, drop: () => void] {
  const [value, setValue] = useState<T>(() => (drafts.get(name) as T | undefined) ?? empty);
  const set = (next: T) => {
    drafts.set(name, next);
    setValue(next);
  };
  const drop = () => {
    drafts.delete(name);
    setValue(empty);
  };
  return [value, set, drop];
}

/** draftsOf forgets all drafts, unless they are this person's. */
export function draftsOf(person: string) {
  if (person !== writer) drafts.clear();
  writer = person;
}
