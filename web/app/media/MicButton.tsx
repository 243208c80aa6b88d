import { useRef } from "preact/hooks";
import { t } from "../strings";
import { IconButton } from "../ui";
import { Mic } from "./icons";

/** How long the button is down before letting go of it ends the recording, in milliseconds. */
const long = 400;

/** MicButton begins a voice message: a click, or holding it while one speaks. */
export function MicButton({ onBegin }: { onBegin: (held: boolean) => void }) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const stop = () => {
    clearTimeout(timer.current);
    timer.current = undefined;
  };
  return (
    <IconButton
      kind="accent"
      class="composer-send"
      label={t("media.record")}
      icon={Mic}
      data-tip={undefined}
      onPointerDown={(e) => {
        if (e.button !== 0) return;
        stop();
        timer.current = setTimeout(() => onBegin(true), long);
      }}
      onPointerUp={stop}
      onPointerCancel={stop}
      onPointerLeave={stop}
      onContextMenu={(e) => e.preventDefault()}
      onClick={() => onBegin(false)}
    />
  );
}
