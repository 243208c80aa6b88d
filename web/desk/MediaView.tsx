import { signal } from "@preact/signals";
import { useEffect, useRef, useState } from "preact/hooks";
import { Eye, EyeOff } from "../app/icons";
import { Button } from "../app/ui";
import type { Media } from "../lib/desk";
import { call } from "./api";
import { visible } from "./hidden";
import { useDeed } from "./hooks";
import { Badge, Failure } from "./parts";
import { duration, size } from "./words";
import { Quoted } from "./Quoted";

/** covers counts how often everything was to be covered again. */
const covers = signal(0);

/** coverAll blurs everything that is shown, makes it grey, and stops what plays. */
export const coverAll = () => void covers.value++;

/** watchCovers covers everything when the tab is left. */
export function watchCovers() {
  document.addEventListener("visibilitychange", () => document.hidden && coverAll());
}

interface MediaViewProps {
  media: Media;
  caseID: string;
}

/**
 * MediaView is an attachment. Nothing of it is fetched before somebody asks, which
 * is audited; then it is grey and blurred until they want it clear, and in color
 * only if they want that too. Nothing plays by itself.
 */
export function MediaView({ media, caseID }: MediaViewProps) {
  const [url, setURL] = useState("");
  const [spoiled, setSpoiled] = useState(false);
  const deed = useDeed();
  const kind = kindOf(media.type);
  useEffect(() => setURL(media.removed ? "" : (media.url ?? "")), [media.removed, media.url]);
  const reveal = () =>
    deed.run(async () => {
      setSpoiled(false);
      setURL((await call("reveal", { id: caseID, media: media.n })).url ?? "");
    });
  const spoil = () => {
    setURL("");
    setSpoiled(true);
  };
  const closed = media.gone || kind === "file";
  return (
    <figure class="media">
      <Caption media={media} />
      {media.alt && (
        <div class="dim">
          Described by the sender:
          <Quoted text={media.alt} />
        </div>
      )}
      {url && !closed ? <Shown media={media} url={url} onSpoiled={spoil} /> : <div class="covered">{covered(media, spoiled)}</div>}
      <Failure text={deed.error} />
      {!url && !closed && (
        <div class="media-foot">
          <Button small icon={Eye} busy={deed.busy} onClick={reveal} data-reveal>
            {kind === "audio" ? "Fetch it" : "Fetch it, blurred"}
          </Button>
        </div>
      )}
      <p class="dim mono">
        SHA-256 <bdi>{media.sha256}</bdi>
      </p>
    </figure>
  );
}

function Caption({ media }: { media: Media }) {
  const facts = [size(media.size), media.width && media.height ? `${media.width} × ${media.height}` : "", media.ms ? duration(media.ms) : ""];
  return (
    <figcaption>
      <strong>
        {kindWords[kindOf(media.type)]} {media.n + 1}
      </strong> <span class="mono">{media.type}</span> <span class="dim">{facts.filter(Boolean).join(" · ")}</span>
      {media.name && <bdi class="file-name">{visible(media.name)}</bdi>}
      {media.once && <Badge>To be viewed once</Badge>}
      {media.gone && !media.removed && <Badge kind="warn">The server has it no more</Badge>}
      {media.removed && <Badge kind="danger">Removed</Badge>}
    </figcaption>
  );
}

function covered(media: Media, spoiled: boolean): string {
  if (media.gone) return "There is nothing to fetch any more.";
  if (kindOf(media.type) === "file") return "The desk doesn’t show files of this type. Its hash says which file it is.";
  if (spoiled) return "It couldn’t be shown: the time for looking at it is over, or this browser can’t. Fetch it again.";
  return media.removed ? "It was taken down for everybody. The desk can look at it while an appeal is possible." : "Nothing of it has been fetched.";
}

/** Shown is what was fetched: grey and blurred at first, and whenever everything is to be covered. */
function Shown({ media, url, onSpoiled }: { media: Media; url: string; onSpoiled: () => void }) {
  const [clear, setClear] = useState(false);
  const [color, setColor] = useState(false);
  const player = useRef<HTMLVideoElement & HTMLAudioElement>(null);
  const times = covers.value;
  useEffect(() => {
    setClear(false);
    setColor(false);
    player.current?.pause();
  }, [times]);
  const kind = kindOf(media.type);
  const alt = media.alt ? visible(media.alt) : `The reported ${kindWords[kind].toLowerCase()}`;
  const veil = ["veil", clear ? "" : "blurred", color ? "" : "grey"].filter(Boolean).join(" ");
  const same = { src: url, "aria-label": alt, onError: onSpoiled };
  if (kind === "audio") return <audio ref={player} {...same} controls controlsList="nodownload" preload="none" />;
  const blur = () => {
    if (clear) player.current?.pause();
    setClear(!clear);
  };
  return (
    <>
      <div class="veil-box">
        {kind === "video" ? (
          <video
            ref={player}
            {...same}
            class={veil}
            controls={clear}
            controlsList="nodownload noremoteplayback"
            disablePictureInPicture
            muted
            playsInline
            preload="metadata"
          />
        ) : (
          <img class={veil} src={url} alt={alt} draggable={false} onError={onSpoiled} />
        )}
      </div>
      <div class="media-foot">
        <Button small icon={clear ? EyeOff : Eye} onClick={blur} data-reveal={clear ? undefined : true}>
          {clear ? "Blur" : "Show it clearly"}
        </Button>
        <Button small kind="quiet" onClick={() => setColor(!color)}>
          {color ? "Grey" : "Color"}
        </Button>
      </div>
    </>
  );
}

type Kind = "image" | "video" | "audio" | "file";

const kindWords: Record<Kind, string> = { image: "Picture", video: "Video", audio: "Sound", file: "File" };

/** kindOf is what a media type is, of those that the desk shows. */
function kindOf(type: string): Kind {
  const kind = type.split("/")[0];
  return (kind === "image" && type !== "image/svg+xml") || kind === "video" || kind === "audio" ? (kind as Kind) : "file";
}
