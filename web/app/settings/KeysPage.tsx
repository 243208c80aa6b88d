import { t, type Key } from "../strings";

const apple = /Mac|iP(hone|ad)/.test(navigator.userAgent);
const command = apple ? "⌘" : "Ctrl";
const alt = apple ? "⌥" : "Alt";

const table: [Key, string[]][] = [
  ["keys.search", [command, "K"]],
  ["keys.next", [alt, "↓"]],
  ["keys.previous", [alt, "↑"]],
  ["keys.new", [alt, "N"]],
  ["keys.leave", ["Esc"]],
  ["keys.list", ["P", "M", "E", "Del"]],
];

/** KeysPage lists the keys that work everywhere. */
export function KeysPage() {
  return (
    <dl class="card">
      {table.map(([what, keys]) => (
        <div key={what} class="card-row">
          <dt class="fill">{t(what)}</dt>
          <dd class="keys">
            {keys.map((key) => (
              <kbd key={key}>{key}</kbd>
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}
