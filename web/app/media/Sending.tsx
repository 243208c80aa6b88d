import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { useView } from "../conversation/view";
import { Close } from "../icons";
import { t } from "../strings";
import { Button } from "../ui";
import { Grid } from "./Album";
import { Wave } from "./Bars";
import { thumbURL } from "./Fill";
import { FileSign } from "./FileCard";
import { Once } from "./icons";
import { Ring } from "./Ring";
import { jobsOf, type Job } from "./jobs";
import type { Item } from "./tray";
import { clockOf, decodeWave } from "./wave";
import { kindOf } from "./words";

/** Sending is the own messages with attachments that are under way, below the others. */
export function Sending() {
  const { thread } = useView();
  const ids = new Set(thread.window.value.messages.map((m) => m.id));
  const [all, drawn] = [jobsOf(thread.room), (j: Job) => j.id.value !== "" && ids.has(j.id.value)];
  useEffect(() => all.filter(drawn).forEach((j) => j.end()));
  return (
    <>
      {all.filter((j) => !drawn(j)).map((job) => (
        <Row key={job.key} job={job} />
      ))}
    </>
  );
}

function Row({ job }: { job: Job }) {
  const { items, text, once } = job.order;
  const stage = job.stage.value;
  const pictures = items.filter((i) => !once && (i.role === "photo" || i.role === "video"));
  const others = items.filter((i) => !once && i.role !== "photo" && i.role !== "video");
  const failed = stage === "failed";
  return (
    <div class="line own first last sending" role="group" aria-label={t("media.sending", { what: job.what })}>
      <div class="message-body">
        <div class="stack">
          <div class={pictures.length > 0 ? "bubble has-media wide-media" : "bubble has-media"}>
            <div class="media">
              {once && (
                <p class="once-card">
                  <Once size={1.25} /> <span>{t("media.onceWhat", { what: kindOf(items[0]?.role ?? "photo") })}</span>
                  {!failed && <Progress job={job} small />}
                </p>
              )}
              {pictures.length > 0 && (
                <div class="sending-pictures">
                  <Grid sizes={pictures} cell={(i) => <Picture item={pictures[i]!} />} />
                  {!failed && <Progress job={job} />}
                </div>
              )}
              {others.map((item, i) => (
                <Other key={item.key} item={item}>
                  {!failed && pictures.length === 0 && i === 0 && <Progress job={job} small />}
                </Other>
              ))}
            </div>
            {text && (
              <div class="text" dir="auto">
                <p>{text}</p>
              </div>
            )}
          </div>
          {failed && <Failed job={job} />}
        </div>
      </div>
    </div>
  );
}

function Picture({ item }: { item: Item }) {
  const url = item.role === "video" ? item.poster || thumbURL(item.thumb) : item.url;
  return <span class="cell">{url && <img class="cell-picture" src={url} alt="" draggable={false} />}</span>;
}

function Other({ item, children }: { item: Item; children: ComponentChildren }) {
  if (item.role === "voice") {
    return (
      <div class="voice">
        {children || <span class="voice-play" />}
        <div class="voice-middle">
          <div class="wave" dir="ltr">
            <Wave levels={decodeWave(item.wave)} part={0} />
          </div>
          <span class="voice-small">{clockOf(item.duration)}</span>
        </div>
      </div>
    );
  }
  return (
    <div class="file-card">
      <FileSign type={item.type} />
      <span class="file-words">
        <bdi class="file-name">{item.name}</bdi>
      </span>
      {children}
    </div>
  );
}

/** Progress is how much is uploaded, around a cross that stops it. */
function Progress({ job, small }: { job: Job; small?: boolean }) {
  const stage = job.stage.value;
  const part = stage === "uploading" ? job.part.value : stage === "sending" ? 1 : -1;
  return (
    <span class={small ? "progress small" : "progress"}>
      <Ring part={part} label={t(stage === "preparing" ? "media.preparing" : "media.sending", { what: job.what })} />
      {stage !== "sending" && (
        <button type="button" class="progress-stop" aria-label={t("media.cancel")} data-tip={t("media.cancel")} onClick={() => job.cancel()}>
          <Close size={1} />
        </button>
      )}
    </span>
  );
}

function Failed({ job }: { job: Job }) {
  return (
    <div class="failed" role="group" aria-label={t("media.failed")}>
      <span>{job.why.value || t("media.failed")}</span>
      <Button kind="quiet" small onClick={() => void job.run()}>
        {t("retry")}
      </Button>
      <Button kind="danger-quiet" small onClick={() => job.cancel()}>
        {t("conversation.discard")}
      </Button>
    </div>
  );
}
