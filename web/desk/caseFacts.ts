// What follows from a case as the desk gives it.
import type { AccountRow, Case, DecisionKind } from "../lib/desk";
import { may, me } from "./api";

/** order is that of the number keys. */
export const order: DecisionKind[] = ["dismiss", "warn", "limit", "suspend", "remove"];

/** standingOf is what who is signed in may do with a case. */
export function standingOf(now: Case) {
  const mine = now.claimed_by === me.value?.person.id;
  const free = !now.claimed_by;
  return { mine, free, canDecide: may("decide") && now.state === "open" && (free || mine), canClaim: now.state !== "decided" && (free || mine) };
}

/** mediaOf are the case's attachments. */
export const mediaOf = (now: Case) => now.report_list.flatMap((report) => report.items.flatMap((item) => item.attachments));

/** reportersOf are who reported, each once. */
export const reportersOf = (now: Case): AccountRow[] => [...new Map(now.report_list.map(({ reporter }) => [reporter.account, reporter])).values()];

/** isProven is whether anything of the reported account's is proven. */
export const isProven = (now: Case) => now.report_list.some((report) => report.items.some((item) => item.by === "reported" && item.verdict !== "unverified"));

/** canBe is whether a case can be decided so: what isn't proven can only be dismissed. */
export const canBe = (now: Case, kind: DecisionKind) => kind === "dismiss" || (isProven(now) && (kind !== "remove" || now.media > 0));
