import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import type { Attachment } from "../../lib/core";
import { calm } from "../state";
import { t } from "../strings";
import { Button } from "../ui";
import { Still } from "./Album";
import { Fill } from "./Fill";
import { Gestures } from "./gestures";
import { useLoaded } from "./loaded";
import { Trouble } from "./Trouble";
import { nameOf } from "./words";

/** What the viewer's keys and buttons do to the photo that is shown. */
export interface StageHandle {
  zoom(by: number): void;
  reset(): void;
}

export interface StageProps {
  a: Attachment;
  room: string;
  handle: { current: StageHandle | null };
  /** a finger went across: -1 to the one before, 1 to the next */
  onSwipe: (by: number) => void;
  /** a finger went down, or a press went beside the photo */
  onAway: () => void;
}

/** Stage is a photo that can be enlarged and moved: by keys, wheel, two fingers, a double press. */
export function Stage({ a, room, handle, onSwipe, onAway }: StageProps) {
  const held = useLoaded(a, room);
  const state = held.state.value;
  const box = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLDivElement>(null);
  const played = useSignal(false);
  const still = state.is === "ready" && state.moves && calm.value && !played.value;
  const gestures = useMemo(() => new Gestures(box, picture, { onSwipe, onAway }), []);
  gestures.tell = { onSwipe, onAway };
  useEffect(() => {
    handle.current = { zoom: (by) => gestures.zoom(by), reset: () => gestures.reset() };
    return () => void (handle.current = null);
  }, []);
  useEffect(() => gestures.start(), []);
  return (
    <div ref={box} class="stage" {...gestures.handlers}>
      <div ref={picture} class="stage-picture" style={{ "--w": a.width || 1, "--h": a.height || 1 }}>
        {state.is !== "ready" && <Fill a={a} />}
        {state.is === "ready" && still && <Still url={state.url} />}
        {state.is === "ready" && <img class={still ? "media-unseen" : undefined} src={state.url} alt={nameOf(a)} draggable={false} />}
      </div>
      {still && (
        <Button class="stage-play" small onClick={() => (played.value = true)}>
          {t("media.gifPlay")}
        </Button>
      )}
      <Trouble state={state} again={held.again} />
    </div>
  );
}
