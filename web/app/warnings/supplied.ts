const heard = new Set<() => void>();

/** onSupply calls again when this device has more to find warnings by; what it returns stops that. */
export function onSupply(again: () => void): () => void {
  heard.add(again);
  return () => void heard.delete(again);
}

/** supplied tells those who listen. */
export function supplied() {
  for (const again of [...heard]) again();
}
