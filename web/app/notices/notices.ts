import { effect, signal } from "@preact/signals";
import type { Notices, OperatorNotice } from "../../lib/core";
import { core, phase, refresher } from "../state";

/** notices are what the operator has said, and what holds of the account; null until they were read. */
export const notices = signal<Notices | null>(null);

/** refreshNotices reads them again, soon. */
export const refreshNotices = refresher(async () => {
  if (phase.value === "ready") notices.value = await core.notices();
});

/** watchOperator reads them once somebody is here, and listens. */
export function watchOperator() {
  core.on("notices", refreshNotices);
  effect(() => {
    if (phase.value === "ready") refreshNotices();
    else notices.value = null;
  });
}

/** seen says that the notices that are there were read. */
export function seen(all: Notices) {
  const newest = Math.max(0, ...all.notices.map((n) => n.n));
  if (all.unread > 0) void core.readNotices({ n: newest }).then(refreshNotices, () => undefined);
}

/** nameOf is whom a notice is about. */
export function nameOf(all: Notices, account: string): string {
  return all.people.find((p) => p.account === account)?.display ?? account;
}

/** headOf is the key of what a notice says in a line. */
export function headOf(n: OperatorNotice) {
  switch (n.kind) {
    case "outcome":
      return n.outcome === "acted" ? "notices.outcomeActed" : "notices.outcomeNoBreach";
    case "appeal_result":
      return n.outcome === "reversed" ? "notices.appealReversed" : "notices.appealUpheld";
    case "warning":
      return "notices.warning";
    case "limited":
      return "notices.limited";
    case "suspended":
      return "notices.suspended";
    case "removed":
      return "notices.removed";
    case "restored":
      return "notices.restored";
    default:
      return "notices.other";
  }
}
