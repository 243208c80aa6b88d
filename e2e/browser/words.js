// What the tests look with: it runs in the page, by the browser's debugger.
(() => {
  const candidates = {
    button: "button,[role=button],summary",
    link: "a[href]",
    textbox: "input,textarea",
    searchbox: "input",
    menuitem: "[role=menuitem],[role^=menuitem]",
    article: "[role=article]",
    switch: "[role=switch],input",
    checkbox: "input,[role=checkbox]",
    option: "[role=option]",
    radio: "input,[role=radio]",
    heading: "h1,h2,h3",
    dialog: "dialog,[role=dialog]",
    group: "[role=group]",
    tab: "[role=tab]",
    image: "img",
  };
  const seen = (e) => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0;
  const plain = (s) => (s ?? "").replace(/[\u2066-\u2069]/g, "").replace(/\s+/g, " ").trim();
  // fits compares a name with what is wanted, in which * stands for anything.
  const fits = (name, want) => {
    name = name.toLowerCase();
    want = want.toLowerCase();
    if (!want.includes("*")) return name === want;
    const parts = want.split("*");
    if (!name.startsWith(parts[0]) || !name.endsWith(parts.at(-1))) return false;
    let at = 0;
    for (const part of parts) {
      const next = name.indexOf(part, at);
      if (next < 0) return false;
      at = next + part.length;
    }
    return true;
  };
  const all = (role, want) =>
    [...document.querySelectorAll(candidates[role])].filter(
      (e) => e.computedRole === role && !e.closest("[inert]") && seen(e) && fits(plain(e.computedName), want),
    );
  const inside = (e) => {
    const r = e.getBoundingClientRect();
    return { x: r.left + r.width / 2, y: r.top + r.height / 2, w: r.width, h: r.height };
  };
  const pause = (ms) => new Promise((r) => setTimeout(r, ms));
  // moves is whether an element, or what it is in, is just being moved: it may stand still as yet.
  const moves = (e) => document.getAnimations().some((a) => a.playState === "running" && a.effect?.getComputedTiming().endTime !== Infinity && a.effect?.target?.contains(e));
  // aim is what the next press or text is for. What reaches another element, since the page has moved, reaches nobody.
  const aim = (globalThis.parleyAim ??= { at: null, above: null, down: null, click: null, text: null });
  const reaches = (event) => {
    const target = event.composedPath()[0];
    return aim.at.isConnected && (aim.at.contains(target) || target === aim.above || [...(aim.at.labels ?? [])].some((l) => l.contains(target)));
  };
  const stop = (event) => (event.preventDefault(), event.stopImmediatePropagation());
  if (!aim.listens) {
    aim.listens = true;
    addEventListener("pointerdown", (event) => aim.at && !(aim.down = reaches(event)) && stop(event), true);
    for (const kind of ["mousedown", "pointerup", "mouseup", "contextmenu", "auxclick"]) addEventListener(kind, (event) => aim.at && aim.down === false && stop(event), true);
    addEventListener("click", (event) => {
      if (!aim.at || !event.isTrusted || event.detail === 0 || aim.click !== null) return;
      aim.click = aim.down !== false && (!aim.at.isConnected || reaches(event));
      if (!aim.click) stop(event);
    }, true);
    addEventListener("beforeinput", (event) => {
      if (!aim.at || !event.isTrusted || aim.text === null) return;
      aim.text = event.composedPath()[0] === aim.at ? "there" : "elsewhere";
      if (aim.text !== "there") stop(event);
    }, true);
  }
  // said is what the page has said in passing since the last press or text: it may be gone before anybody looks.
  const said = (globalThis.parleySaid ??= []);
  const follow = (look) => new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
  if (!aim.follows) {
    aim.follows = true;
    const toasts = document.getElementsByClassName("toast");
    follow(() => [...toasts].map((e) => plain(e.textContent)).forEach((text) => said.includes(text) || said.push(text)));
  }
  const aims = (at, above, text) => {
    if (at) said.length = 0;
    return Object.assign(aim, { at, above, down: null, click: null, text });
  };
  const shows = (text) => plain(document.body.innerText).includes(plain(text));
  return {
    fits,
    names: (role) => all(role, "*").map((e) => plain(e.computedName)),
    has: (role, want) => all(role, want).length > 0,
    shows,
    // sees is shows, also of what was said in passing.
    sees: (text) => shows(text) || said.some((one) => one.includes(plain(text))),
    // note has the page note when something becomes so, if only for a moment; noted tells whether it has.
    note: (name, is) => {
      const notes = (globalThis.parleyNotes ??= {});
      notes[name] = Boolean(is());
      follow(() => (notes[name] ||= Boolean(is())));
      return true;
    },
    noted: (name) => globalThis.parleyNotes?.[name] === true,
    text: () => document.body.innerText,
    // point is where an element can be pressed, once it stands still and nothing is above it; null till then. Where it is
    // to be pressed at once, missed tells afterwards whether it was.
    // of is the message that it has to be a button of, "" for any.
    point: async (role, want, toPress, of) => {
      const message = of && all("article", of).at(-1);
      const e = all(role, want).filter((e) => !of || message?.contains(e)).at(-1);
      if (!e || e.disabled || e.getAttribute("aria-disabled") === "true") return null;
      e.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
      const before = inside(e);
      await pause(60);
      if (moves(e)) return null;
      const now = inside(e);
      if (!e.isConnected || before.x !== now.x || before.y !== now.y) return null;
      const top = document.elementFromPoint(now.x, now.y);
      if (!top || !(e.contains(top) || top.contains(e) || e.labels?.[0]?.contains(top))) return null;
      if (top !== e && top.matches(".lines")) return null; // the list takes no presses while it scrolls
      if (toPress) aims(e, top, null);
      return now;
    },
    // missed is whether the last press reached something else than was aimed at. What isn't told is taken for a hit: the page may be another one.
    missed: () => {
      const missed = aim.down === false || aim.click === false;
      aims(null, null, null);
      return missed;
    },
    focus: (role, want) => {
      const e = all(role, want).at(-1);
      if (!e || e.disabled) return false;
      e.focus();
      if (document.activeElement !== e) return false;
      e.select?.();
      aims(e, null, "nowhere");
      return true;
    },
    // wrote is where the last text went: "there", "elsewhere" or "nowhere".
    wrote: () => {
      const where = aim.text ?? "there";
      aims(null, null, null);
      return where;
    },
    // holds is what a field holds; null if it isn't there.
    holds: (want) => all("textbox", want).at(-1)?.value ?? null,
    // empty is whether a field holds nothing, or isn't there.
    empty: (want) => (all("textbox", want).at(-1)?.value ?? "") === "",
  };
})()
