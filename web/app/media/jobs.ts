/** What is being sent with attachments: it is shown at once, and is of the page until the core has taken it. */

import { computed, effect, signal, untracked } from "@preact/signals";
import type { Attachment, Mention } from "../../lib/core";
import { releaseAll } from "../../lib/media/play";
import { upload } from "../../lib/media/upload";
import { announce, core, phase } from "../state";
import { t } from "../strings";
import { access } from "./access";
import { fastStart } from "./faststart";
import { withEnding, type Role } from "./kinds";
import { forgetLoaded, seed } from "./loaded";
import { madePhoto } from "./photo";
import { forgetPlayed } from "./playing";
import { reasonOf, sentenceOf } from "./reasons";
import { forgetTrays, type Item } from "./tray";
import { mostPosters } from "./video";
import { whatOf } from "./words";

/** What goes with the attachments. */
export interface Order {
  room: string;
  items: readonly Item[];
  original: boolean;
  once: boolean;
  text: string;
  mentions: Mention[];
  reply?: string;
}

/** How far a job is: its files are made ready and uploaded, the message is sent, or it has failed. */
export type Stage = "preparing" | "uploading" | "sending" | "failed";

/** jobs are those under way, in the order in which they were begun. */
export const jobs = signal<readonly Job[]>([]);

/** jobsOf are those of a conversation. */
export const jobsOf = (room: string): readonly Job[] => jobs.value.filter((j) => j.order.room === room);

/** How long a job is still shown after the core has taken its message, unless that is drawn before, in milliseconds. */
const patience = 3000;

let last = 0;

/** A Job is one message with attachments, from the press of the button until it is sent. */
export class Job {
  readonly key = ++last;
  readonly at = Date.now();
  readonly stage = signal<Stage>("preparing");
  readonly why = signal("");
  /** the message's id, once the core has taken it */
  readonly id = signal("");
  private readonly sent = signal(0);
  private readonly all: number;
  readonly part = computed(() => Math.min(1, this.sent.value / Math.max(1, this.all)));
  private stop = new AbortController();
  private readonly done = new Map<Item, Attachment>();

  constructor(
    readonly order: Order,
    private readonly after: () => void,
  ) {
    this.all = order.items.reduce((sum, i) => sum + i.file.size, 0);
  }

  get what(): string {
    return whatOf(this.order.items.map((i) => ({ role: i.role, name: i.name, alt: i.alt, size: i.file.size, duration_ms: i.duration })));
  }

  /** run uploads what isn't uploaded yet, and sends. */
  async run(): Promise<void> {
    this.stop = new AbortController();
    this.stage.value = "preparing";
    try {
      for (const item of this.order.items) if (!this.done.has(item)) this.done.set(item, await this.one(item));
      await this.send();
    } catch (e) {
      if (this.stop.signal.aborted) return;
      this.why.value = t(sentenceOf(reasonOf(e)));
      this.stage.value = "failed";
      announce(t("media.failedLive", { what: this.what }));
    }
  }

  private async one(item: Item): Promise<Attachment> {
    this.stage.value = "preparing";
    const made = await ready(item, this.order.original);
    this.stop.signal.throwIfAborted();
    this.stage.value = "uploading";
    const before = this.order.items.filter((i) => this.done.has(i)).reduce((sum, i) => sum + i.file.size, 0);
    const progress = (sent: number, of: number): void => void (this.sent.value = before + (item.file.size * sent) / Math.max(1, of));
    const sealed = await upload(made.file, access, { progress }, this.stop.signal);
    if (!this.order.once) seed({ ...sealed, role: made.role, type: made.type }, made.file.type === made.type ? made.file : made.file.slice(0, made.file.size, made.type), item.moves);
    return { ...described(item, made), ...sealed };
  }

  private async send(): Promise<void> {
    const { room, text, mentions, reply, once, items } = this.order;
    this.stop.signal.throwIfAborted();
    this.stage.value = "sending";
    const attachments = withinPosters(items.map((i) => this.done.get(i)!));
    const sent = await core.send({ room, text, mentions, reply, attachments, view_once: once || undefined });
    this.id.value = sent.id;
    this.after();
    setTimeout(() => this.end(), patience); // the conversation that shows it ends it sooner
    announce(t("media.sent", { what: this.what }));
  }

  /** cancel ends it. What was uploaded is referred to by nothing, and goes by itself. */
  cancel(): void {
    this.stop.abort();
    this.end();
    announce(t("media.cancelled"));
  }

  end(): void {
    if (!jobs.value.includes(this)) return;
    this.stop.abort();
    jobs.value = jobs.value.filter((j) => j !== this);
    // The bubble that is drawn may still hold the pictures for a moment.
    setTimeout(() => this.order.items.forEach((i) => URL.revokeObjectURL(i.url)), 5000);
  }
}

/** A Ready file is as it is uploaded. */
interface Ready {
  file: Blob;
  type: string;
  role: Role;
  width: number;
  height: number;
}

/** ready makes an item into what is uploaded: it tells no more than it shows. */
async function ready(item: Item, original: boolean): Promise<Ready> {
  const { file, type, role, width, height } = item;
  if (role === "photo") return { role, ...(await madePhoto(file, original, item.moves)) };
  if (role === "video") return { file: await fastStart(file), type, role, width, height };
  return { file, type, role, width: 0, height: 0 };
}

type Described = Omit<Attachment, "blob" | "key" | "hash" | "size" | "sealed">;

function described(item: Item, made: Ready): Described {
  const { role, type, width, height } = made;
  const name = role === "photo" ? withEnding(item.name, type) : item.name;
  return { role, type, name, alt: item.alt, width, height, duration_ms: item.duration, thumb: item.thumb, poster: item.poster, wave: item.wave };
}

/** withinPosters leaves out the posters for which a message has no room: the ThumbHash stands in. */
function withinPosters(all: Attachment[]): Attachment[] {
  let room = mostPosters;
  return all.map((a) => {
    const size = Math.ceil((a.poster.length * 3) / 4);
    if (size > room) return { ...a, poster: "" };
    room -= size;
    return a;
  });
}

/** begin sends an order. after is called when the core has taken it. */
export function begin(order: Order, after: () => void): Job {
  const job = new Job(order, after);
  jobs.value = [...jobs.value, job];
  void job.run();
  return job;
}

/** watchMedia asks before a page is closed that is sending, and lets go of everything once nobody is signed in. */
export function watchMedia(): void {
  addEventListener("beforeunload", (e) => {
    if (jobs.value.some((j) => j.stage.value !== "failed" && j.id.value === "")) e.preventDefault();
  });
  effect(() => {
    const now = phase.value;
    if (now === "ready" || now === "starting") return;
    untracked(() => {
      if (now === "none") forgetPlayed();
      for (const job of jobs.value) job.end();
      forgetTrays();
      forgetLoaded();
      releaseAll();
    });
  });
}
