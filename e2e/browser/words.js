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
    checkbox: "input",
    radio: "input,[role=radio]",
    heading: "h1,h2,h3",
    dialog: "dialog,[role=dialog]",
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
  return {
    fits,
    names: (role) => all(role, "*").map((e) => plain(e.computedName)),
    has: (role, want) => all(role, want).length > 0,
    shows: (text) => plain(document.body.innerText).includes(plain(text)),
    text: () => document.body.innerText,
    // point is where an element can be pressed, once it stands still and nothing is above it; null till then.
    point: async (role, want) => {
      const e = all(role, want).at(-1);
      if (!e || e.disabled || e.getAttribute("aria-disabled") === "true") return null;
      e.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
      const before = inside(e);
      await pause(60);
      const now = inside(e);
      if (!e.isConnected || before.x !== now.x || before.y !== now.y) return null;
      const top = document.elementFromPoint(now.x, now.y);
      if (!top || !(e.contains(top) || top.contains(e) || e.labels?.[0]?.contains(top))) return null;
      return now;
    },
    focus: (role, want) => {
      const e = all(role, want).at(-1);
      if (!e || e.disabled) return false;
      e.focus();
      if (document.activeElement !== e) return false;
      e.select?.();
      return true;
    },
    // empty is whether a field holds nothing, or isn't there.
    empty: (want) => (all("textbox", want).at(-1)?.value ?? "") === "",
  };
})()
