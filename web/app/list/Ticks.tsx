import type { State } from "../../lib/core";
import { Alert, Check, CheckTwice, Clock, type Icon } from "../icons";
import { t, type Key } from "../strings";

const signs: Partial<Record<State, [Icon, Key]>> = {
  queued: [Clock, "list.state.queued"],
  sent: [Check, "list.state.sent"],
  delivered: [CheckTwice, "list.state.delivered"],
  read: [CheckTwice, "list.state.read"],
  failed: [Alert, "list.state.failed"],
};

/** Ticks shows how far an own message has come, and says it. */
export function Ticks({ state }: { state: State }) {
  const sign = signs[state];
  if (!sign) return null;
  const [Picture, words] = sign;
  return (
    <span class={`tick ${state}`}>
      <Picture size={1} />
      <span class="unseen">{t(words)}.</span>
    </span>
  );
}
