/**
 * moveAmong moves the focus among the elements in box that selector names, as the
 * arrows, Home, End and typed letters say. It tells whether the key was one of those.
 */
export function moveAmong(event: KeyboardEvent, box: Element, selector: string): boolean {
  const all = [...box.querySelectorAll<HTMLElement>(selector)];
  if (all.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return false;
  const now = all.indexOf(document.activeElement as HTMLElement);
  const next = target(event.key, all, now);
  if (!next) return false;
  event.preventDefault();
  next.focus();
  return true;
}

function target(key: string, all: HTMLElement[], now: number): HTMLElement | undefined {
  switch (key) {
    case "ArrowDown":
      return all[(now + 1) % all.length];
    case "ArrowUp":
      return all[(now - 1 + all.length) % all.length];
    case "Home":
      return all[0];
    case "End":
      return all[all.length - 1];
  }
  if (key.length !== 1 || key === " ") return undefined;
  const begins = (one: HTMLElement) => one.textContent?.trim().toLocaleLowerCase().startsWith(key.toLocaleLowerCase());
  return [...all.slice(now + 1), ...all.slice(0, now + 1)].find(begins);
}
