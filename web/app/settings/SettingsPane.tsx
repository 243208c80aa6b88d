import { Back, Next } from "../icons";
import { notices } from "../notices/notices";
import { account, boot, goToList, goToSettings, route, wide } from "../state";
import { write } from "../state/address";
import { t } from "../strings";
import { Avatar, Count, IconButton, moveAmong } from "../ui";
import { devices, profile } from "./own";
import { pages } from "./pages";
import "./settings.css";

/** SettingsPane is the list of the settings' pages. */
export function SettingsPane() {
  const now = route.value;
  const open = now.at === "settings" ? now.page || (wide.value ? "profile" : "") : "";
  const attention = (devices.value?.waiting.length ?? 0) + (devices.value?.reset ? 1 : 0);
  return (
    <section class="pane" aria-label={t("shell.settings")}>
      <header class="pane-head sub">
        <IconButton label={t("back")} icon={Back} onClick={() => goToList()} />
        <h1>{t("shell.settings")}</h1>
      </header>
      <div class="fill scroll">
        <OwnCard />
        <nav aria-label={t("shell.settings")} class="settings-list" onKeyDown={(e) => moveAmong(e, e.currentTarget, "a")}>
          <ul>
            {pages.map(({ page, title, icon: Picture }) => (
              <li key={page}>
                <a
                  class="settings-row"
                  href={write({ at: "settings", page })}
                  aria-current={open === page ? "page" : undefined}
                  onClick={(event) => {
                    event.preventDefault();
                    goToSettings(page);
                  }}
                >
                  <Picture />
                  <span class="fill">{t(title)}</span>
                  {page === "devices" && attention > 0 && <Count n={attention} />}
                  {page === "notices" && (notices.value?.unread ?? 0) > 0 && <Count n={notices.value?.unread ?? 0} />}
                  {!wide.value && <Next size={1} />}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      </div>
    </section>
  );
}

function OwnCard() {
  const name = boot.value?.name ?? "";
  const display = profile.value?.display || name;
  return (
    <div class="own-card">
      <Avatar id={account.value} name={display} picture={profile.value?.picture} size="l" />
      <div class="folder-words">
        <bdi class="one-line">
          <b>{display}</b>
        </bdi>
        <span class="one-line" dir="ltr">
          @{name}
        </span>
      </div>
    </div>
  );
}
