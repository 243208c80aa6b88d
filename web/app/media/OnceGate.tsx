import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import type { Attachment } from "../../lib/core";
import { core } from "../state";
import { t } from "../strings";
import { Fill } from "./Fill";
import { useLoaded, type Loading } from "./loaded";
import { lackOf } from "./reasons";
import { Trouble } from "./Trouble";

/**
 * OnceGate shows what is viewed once when it has come whole and counts as opened: of
 * several tabs that open it at the same moment only one gets so far.
 */
export function OnceGate({ a, room, id, children }: { a: Attachment; room: string; id: string; children: ComponentChildren }) {
  const held = useLoaded(a, room);
  const state = held.state.value;
  const claim = useSignal<Loading | "mine" | null>(null);
  useEffect(() => {
    if (state.is !== "ready") return;
    claim.value = null;
    core.openOnce({ id }).then(
      () => (claim.value = "mine"),
      (e) => (claim.value = lackOf(e)),
    );
  }, [state]);
  if (claim.value === "mine") return <>{children}</>;
  const lack = claim.value ?? state;
  return (
    <div class="stage">
      <div class="stage-picture" style={{ "--w": a.width || 1, "--h": a.height || 1 }}>
        <Fill a={a} />
      </div>
      {(lack.is === "waiting" || lack.is === "ready") && (
        <span class="unseen" role="status">
          {t("media.loading")}
        </span>
      )}
      <Trouble state={lack} again={held.again} />
    </div>
  );
}
