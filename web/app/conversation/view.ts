/** What the parts of an open conversation share: its thread, and what one is doing in it. */

import { computed, signal, type ReadonlySignal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Message, Person, RoomMember } from "../../lib/core";
import type { Anchor } from "../ui";
import { Thread } from "./thread";

/** What is open above a conversation. */
export type Panel =
  | { kind: "readers" }
  | { kind: "info" }
  | { kind: "add" }
  | { kind: "timer" }
  | { kind: "mute" }
  | { kind: "leave" }
  | { kind: "forward"; message: Message }
  | { kind: "unsend"; message: Message }
  | { kind: "reactions"; message: Message };

export class View {
  readonly thread: Thread;
  /** the message that is answered, or edited */
  readonly replying = signal<Message | null>(null);
  readonly editing = signal<Message | null>(null);
  readonly panel = signal<Panel | null>(null);
  /** the message whose menu, or whose emoji, are open, and where */
  readonly menu = signal<{ message: Message; at: Anchor } | null>(null);
  readonly picker = signal<{ message: Message; at: Element } | null>(null);
  /** the line that the Tab key reaches, and the one that is marked after a jump */
  readonly current = signal("");
  readonly flashing = signal("");
  /** those who are blocked, and whose messages one wants to see here for now */
  readonly unfolded = signal<ReadonlySet<string>>(new Set());
  /** everybody in the conversation, by account; the same map while nobody changes */
  readonly people: ReadonlySignal<ReadonlyMap<string, RoomMember>>;
  readonly direct: ReadonlySignal<boolean>;
  /** set by the list and the composer */
  show: (id: string) => Promise<void> = async () => undefined;
  toEnd: () => void = () => undefined;
  write: () => void = () => undefined;

  constructor(room: string) {
    this.thread = new Thread(room);
    this.people = stable(() => this.thread.info.value?.members ?? []);
    this.direct = computed(() => this.thread.info.value?.direct ?? true);
  }

  /** personOf is somebody in the conversation, or who was. */
  personOf(account: string): Person | undefined {
    return this.people.value.get(account) ?? this.thread.gone.value.get(account);
  }

  /** nameOf is a person's name, who may have left. */
  nameOf(account: string): string {
    return this.personOf(account)?.display ?? shortName(account);
  }

  /** folds is whether a message is one that stands folded: its author is blocked. */
  folds(m: Message): boolean {
    return m.blocked && !this.unfolded.value.has(m.from);
  }

  unfold(account: string): void {
    this.unfolded.value = new Set([...this.unfolded.value, account]);
  }

  answer(message: Message): void {
    this.editing.value = null;
    this.replying.value = message;
    this.write();
  }

  edit(message: Message): void {
    this.replying.value = null;
    this.editing.value = message;
    this.write();
  }
}

function stable(members: () => RoomMember[]): ReadonlySignal<ReadonlyMap<string, RoomMember>> {
  let last = "";
  let map: ReadonlyMap<string, RoomMember> = new Map();
  return computed(() => {
    const now = members();
    const text = JSON.stringify(now);
    if (text !== last) {
      last = text;
      map = new Map(now.map((m) => [m.account, m]));
    }
    return map;
  });
}

/** shortName is the name in an account's URI, for people of whom nothing else is known. */
export function shortName(account: string): string {
  return account.slice(account.lastIndexOf("/") + 1);
}

export const ViewContext = createContext<View | null>(null);

/** useView is the conversation that a part stands in. */
export function useView(): View {
  const view = useContext(ViewContext);
  if (!view) throw new Error("conversation: no view here");
  return view;
}

