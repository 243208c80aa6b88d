import { useRef, useState } from "preact/hooks";
import { Camera } from "../icons";
import { t } from "../strings";
import { Avatar, Button, toast } from "../ui";
import { squarePicture } from "./picture";
import "./picture.css";

export interface PictureInputProps {
  /** Of the avatar that stands there without a picture. */
  id: string;
  name: string;
  picture: string;
  onPicture: (picture: string) => void;
  /** Only the round picture, without words beside it. */
  small?: boolean;
  group?: boolean;
}

/** PictureInput lets a person choose a picture: it is cut to a square and made small here. */
export function PictureInput({ id, name, picture, onPicture, small, group }: PictureInputProps) {
  const file = useRef<HTMLInputElement>(null);
  const [busy, setBusy] = useState(false);
  const take = async () => {
    const chosen = file.current?.files?.[0];
    if (!chosen) return;
    setBusy(true);
    try {
      onPicture(await squarePicture(chosen));
    } catch {
      toast(t("picture.bad"));
    }
    setBusy(false);
    if (file.current) file.current.value = "";
  };
  return (
    <div class={small ? "picture-input small" : "picture-input"}>
      <button type="button" class="picture-button" onClick={() => file.current?.click()}>
        <span class="unseen">{t(picture ? "picture.change" : "picture.choose")}</span>
        <Avatar id={id} name={name || " "} picture={picture} size={small ? "l" : "xl"} group={group ? [] : undefined} />
        <span class="picture-sign">
          <Camera size={small ? 1 : 1.25} />
        </span>
      </button>
      {!small && (
        <div class="picture-words">
          <Button small busy={busy} onClick={() => file.current?.click()}>
            {t(picture ? "picture.change" : "picture.choose")}
          </Button>
          {picture && (
            <Button kind="danger-quiet" small onClick={() => onPicture("")}>
              {t("picture.remove")}
            </Button>
          )}
        </div>
      )}
      <input ref={file} type="file" accept="image/*" hidden onChange={() => void take()} />
    </div>
  );
}
