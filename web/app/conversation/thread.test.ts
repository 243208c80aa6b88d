import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { Core } from "../../lib/client";
import type { Events, Message, Page, PageOf, Room } from "../../lib/core";

// What the page's state looks at when it is loaded: hence it is imported below.
Object.assign(globalThis, {
  location: { hash: "", href: "https://parley.example/" },
  matchMedia: () => ({ matches: false, addEventListener: () => undefined }),
  document: { visibilityState: "visible", hasFocus: () => true },
});

const room = "mimi://parley.example/r/1";

function line(seq: number): Message {
  return {
    id: `m${seq}`, seq, part: 0, from: "ann", own: false, at_ms: seq, kind: "text", text: `t${seq}`, plain: false, state: "received",
    edited: false, unsent: false, blocked: false, forwarded: false, reactions: [], nudges: [], mentions: [], attachments: [], view_once: false, opened: false, withheld: false, expires_ms: 0, timer_s: 0,
  };
}

/** page is lines from one number to another, of a conversation of 300. */
function page(from: number, to: number): Page {
  return { messages: Array.from({ length: to - from + 1 }, (_, i) => line(from + i)), older: from > 1, newer: to < 300, people: [] };
}

const settled = () => new Promise((r) => setImmediate(r));

/** start opens a conversation whose core answers when it is told to. */
async function start() {
  const { startCore } = await import("../state/core");
  const { CoreError } = await import("../../lib/client");
  const { Thread } = await import("./thread");
  const asked: { of: PageOf; answer: (p: Page) => void }[] = [];
  let happens: (e: Events["room"]) => void = () => undefined;
  let refusal = "";
  await startCore(
    Promise.resolve({
      on: (event: string, fn: typeof happens) => {
        if (event === "room") happens = fn;
        return () => undefined;
      },
      room: async () => {
        if (refusal) throw new CoreError({ code: refusal, message: "" });
        return { room, first_new: 0, unread: 0, members: [] as Room["members"] } as Room;
      },
      history: (of: PageOf) => new Promise<Page>((answer) => asked.push({ of, answer })),
    } as unknown as Core),
  );
  const thread = new Thread(room);
  return {
    thread,
    asked,
    refuse: (code: string) => (refusal = code),
    happens: () => happens({ room }),
    /** tells tells how the conversation is now: its last lines, and how many are unread. */
    tells: (tail: Page, unread = 0) => happens({ room, now: { room, first_new: 0, unread, members: [] as Room["members"] } as unknown as Room, tail }),
    /** seqs is what is held, as "from-to", or all numbers if some are missing between. */
    seqs: () => {
      const all = thread.window.value.messages.map((m) => m.seq);
      const [first = 0, last = 0] = [all[0], all[all.length - 1]];
      return last - first + 1 === all.length ? `${first}-${last}` : all.join(" ");
    },
    /** answer answers the call that was made n-th. */
    answer: async (n: number, p: Page) => {
      await settled();
      asked[n]?.answer(p);
      await settled();
    },
  };
}

test("older lines that come when another part is shown leave no gap", async () => {
  const s = await start();
  void s.thread.open("");
  await s.answer(0, page(221, 300));
  assert.equal(s.seqs(), "221-300");
  void s.thread.older();
  void s.thread.jump("m20");
  await s.answer(2, page(1, 80));
  await s.answer(1, page(141, 220));
  assert.equal(s.seqs(), "1-80");
  void s.thread.newer();
  await s.answer(3, page(81, 160));
  assert.equal(s.seqs(), "1-160");
});

test("the end that comes when another part is shown leaves no gap", async () => {
  const s = await start();
  void s.thread.open("");
  await s.answer(0, page(221, 300));
  s.happens();
  await settled();
  void s.thread.jump("m20");
  await s.answer(2, page(1, 80));
  await s.answer(1, page(261, 300));
  assert.equal(s.seqs(), "1-80");
  assert.equal(s.thread.window.value.newer, true);
});

test("what the core tells is shown at once, and nothing is asked for", async () => {
  const s = await start();
  void s.thread.open("");
  await s.answer(0, page(221, 300));
  s.tells({ ...page(262, 301), newer: false }, 1);
  assert.equal(s.seqs(), "221-301");
  assert.equal(s.thread.info.value?.unread, 1);
  const all = s.thread.window.value.messages;
  s.thread.seen(all[60] as Message, all[80] as Message);
  s.tells({ ...page(262, 301), newer: false });
  await settled();
  assert.equal(s.asked.length, 1, "asked");
});

test("lines in sight that the core didn't tell of are asked for", async () => {
  const s = await start();
  void s.thread.open("");
  await s.answer(0, page(221, 300));
  const all = s.thread.window.value.messages;
  s.thread.seen(all[10] as Message, all[30] as Message);
  s.tells({ ...page(262, 301), newer: false });
  await settled();
  assert.equal(s.asked.length, 2);
  assert.equal(s.asked[1]?.of.after, 225);
});

test("told lines that aren't next to those that are held are asked for", async () => {
  const s = await start();
  void s.thread.open("");
  await s.answer(0, page(181, 260));
  s.thread.window.value = { ...s.thread.window.value, newer: false };
  s.tells({ ...page(262, 300), newer: false }, 2);
  assert.equal(s.seqs(), "181-260");
  assert.equal(s.thread.info.value?.unread, 2);
  await s.answer(1, { ...page(221, 300), newer: false });
  assert.equal(s.seqs(), "181-300");
});

test("who reads further up is told how the conversation is, and keeps the place", async () => {
  const s = await start();
  void s.thread.open("");
  await s.answer(0, page(1, 80));
  s.tells({ ...page(262, 301), newer: false }, 3);
  await settled();
  assert.equal(s.seqs(), "1-80");
  assert.equal(s.thread.info.value?.unread, 3);
  assert.equal(s.asked.length, 1, "asked");
});

test("what was told while one asked isn't put back", async () => {
  const s = await start();
  void s.thread.open("");
  await s.answer(0, page(221, 300));
  s.happens();
  await settled();
  s.tells({ ...page(262, 301), newer: false }, 1);
  await s.answer(1, { ...page(261, 301), newer: false });
  assert.equal(s.thread.info.value?.unread, 1);
  assert.equal(s.seqs(), "221-301");
});

test("a conversation that was deleted elsewhere is gone", async () => {
  const s = await start();
  void s.thread.open("");
  await s.answer(0, page(221, 300));
  s.refuse("unknown_room");
  s.happens();
  await settled();
  assert.equal(s.thread.phase.value, "gone");
  s.refuse("");
  s.happens();
  await s.answer(1, page(221, 300));
  assert.equal(s.thread.phase.value, "ready", "it came back");
});

test("one that can't be read right now isn't", async () => {
  const s = await start();
  mock.timers.enable({ apis: ["setTimeout"] });
  s.refuse("failed");
  await s.thread.open("");
  assert.equal(s.thread.phase.value, "loading");
  s.refuse("");
  mock.timers.tick(10_000);
  mock.timers.reset();
  await s.answer(0, page(221, 300));
  assert.equal(s.thread.phase.value, "ready");
});
