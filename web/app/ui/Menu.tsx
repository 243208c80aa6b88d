import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Check, type Icon } from "../icons";
import { IconButton } from "./IconButton";
import { moveAmong } from "./roving";
import "./menu.css";

/** MenuItem is a line of a menu; null draws a thin line between groups. */
export interface MenuItem {
  label: string;
  icon?: Icon;
  danger?: boolean;
  disabled?: boolean;
  /** Of a choice: whether it is the one. */
  checked?: boolean;
  onPick: () => void;
}

/** Where a menu opens: below an element, or at a point of the window. */
export type Anchor = Element | { x: number; y: number };

export interface MenuProps {
  label: string;
  items: (MenuItem | null)[];
  at: Anchor;
  /** What stands above its lines: it is not moved to by the arrows up and down unless it holds items of its own. */
  head?: ComponentChildren;
  /** Called when something was picked, and by Esc, Tab and a press beside it. */
  onClose: () => void;
}

/**
 * Menu is a list of deeds above everything else. Arrows, Home, End and letters move
 * in it; the focus goes back to where it was when it closes.
 */
export function Menu({ label, items, at, head, onClose }: MenuProps) {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const menu = ref.current;
    if (!menu) return;
    const before = document.activeElement;
    menu.showPopover();
    place(menu, at);
    menu.querySelector<HTMLElement>("[role^=menuitem]:not(:disabled)")?.focus({ preventScroll: true });
    const beside = (event: PointerEvent) => {
      if (!menu.contains(event.target as Node)) onClose();
    };
    const away = () => onClose();
    document.addEventListener("pointerdown", beside, true);
    window.addEventListener("resize", away);
    return () => {
      document.removeEventListener("pointerdown", beside, true);
      window.removeEventListener("resize", away);
      const inside = menu.contains(document.activeElement) || document.activeElement === document.body;
      if (inside && before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  const keys = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape" || event.key === "Tab") {
      event.preventDefault();
      onClose();
    } else if (ref.current) moveAmong(event, ref.current, "[role^=menuitem]:not(:disabled)");
  };
  return (
    <div ref={ref} class="menu" role="menu" aria-label={label} popover="manual" onKeyDown={keys} onContextMenu={(e) => e.preventDefault()}>
      {head}
      {items.map((item, i) => (item ? <Line key={i} item={item} onClose={onClose} /> : <div key={i} class="menu-line" role="separator" />))}
    </div>
  );
}

function Line({ item, onClose }: { item: MenuItem; onClose: () => void }) {
  const Picture = item.icon;
  const choice = item.checked !== undefined;
  return (
    <button
      type="button"
      role={choice ? "menuitemradio" : "menuitem"}
      aria-checked={choice ? item.checked : undefined}
      tabIndex={-1}
      class={item.danger ? "menu-item danger" : "menu-item"}
      disabled={item.disabled}
      onClick={(event) => {
        event.stopPropagation();
        onClose();
        item.onPick();
      }}
    >
      {Picture && <Picture />}
      <span>{item.label}</span>
      {item.checked && <Check size={1.125} />}
    </button>
  );
}

// place puts the menu at its anchor, inside the window, and lets it unfold from there.
function place(menu: HTMLElement, at: Anchor) {
  const box = at instanceof Element ? at.getBoundingClientRect() : new DOMRect(at.x, at.y, 0, 0);
  const rtl = document.documentElement.dir === "rtl";
  const { offsetWidth: w, offsetHeight: h } = menu;
  const fromRight = at instanceof Element ? box.left + box.width / 2 > innerWidth / 2 : rtl;
  const x = fromRight ? box.right - w : box.left;
  const below = box.bottom + 4;
  const y = below + h > innerHeight - 8 ? Math.max(8, box.top - h - 4) : below;
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - w - 8))}px`;
  menu.style.top = `${y}px`;
  menu.style.transformOrigin = `${fromRight ? "right" : "left"} ${y < box.top ? "bottom" : "top"}`;
}

export interface MenuButtonProps {
  label: string;
  icon: Icon;
  items: () => (MenuItem | null)[];
  small?: boolean;
  /** False: the tab key passes it by; what holds it has another way to the menu. */
  stop?: boolean;
}

/** MenuButton is an icon button that opens a menu below it. */
export function MenuButton({ label, icon, items, small, stop = true }: MenuButtonProps) {
  const [at, open] = useState<Element | null>(null);
  return (
    <>
      <IconButton
        label={label}
        icon={icon}
        small={small}
        tabIndex={stop ? 0 : -1}
        aria-haspopup="menu"
        aria-expanded={at !== null}
        onClick={(event) => open(at ? null : (event.currentTarget as Element))}
      />
      {at && <Menu label={label} items={items()} at={at} onClose={() => open(null)} />}
    </>
  );
}
