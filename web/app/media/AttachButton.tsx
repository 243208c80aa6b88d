import type { RefObject } from "preact";
import { t } from "../strings";
import { IconButton } from "../ui";
import { Attach } from "./icons";
import type { Tray } from "./tray";

/** AttachButton opens the choice of files. input is where they are chosen, for others that open it too. */
export function AttachButton({ tray, input, onAdded }: { tray: Tray; input: RefObject<HTMLInputElement | null>; onAdded: () => void }) {
  const take = (from: HTMLInputElement) => {
    tray.add([...(from.files ?? [])]);
    from.value = "";
    onAdded();
  };
  return (
    <>
      <IconButton class="composer-attach" label={t("media.attach")} icon={Attach} onClick={() => input.current?.click()} />
      <input ref={input} type="file" multiple hidden aria-hidden="true" tabIndex={-1} class="attach-input" onChange={(e) => take(e.currentTarget)} />
    </>
  );
}
