/** mostMessages is how many a report holds: report.MaxItems in Go. */
const mostMessages = 500;

/** whole is all of what can be reported that one report holds: the newest. */
export function whole(all: readonly { id: string }[]): ReadonlySet<string> {
  return new Set(all.slice(-mostMessages).map((m) => m.id));
}
