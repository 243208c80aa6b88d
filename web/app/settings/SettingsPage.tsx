import type { ComponentType } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Back } from "../icons";
import { NoticesPage } from "../notices/NoticesPage";
import { up, wide } from "../state";
import { t } from "../strings";
import { IconButton } from "../ui";
import { AccountPage } from "./AccountPage";
import { DevicesPage } from "./DevicesPage";
import { KeysPage } from "./KeysPage";
import { LookPage } from "./LookPage";
import { NotificationsPage } from "./NotificationsPage";
import { pages } from "./pages";
import { PrivacyPage } from "./PrivacyPage";
import { ProfilePage } from "./ProfilePage";
import { StoragePage } from "./StoragePage";
import "./settings.css";

const views: Record<string, ComponentType> = {
  profile: ProfilePage,
  devices: DevicesPage,
  privacy: PrivacyPage,
  notices: NoticesPage,
  notifications: NotificationsPage,
  look: LookPage,
  storage: StoragePage,
  keys: KeysPage,
  account: AccountPage,
};

/** SettingsPage is one page of the settings, the profile where there is none of that name. */
export function SettingsPage({ page }: { page: string }) {
  const entry = pages.find((one) => one.page === page) ?? pages[0]!;
  const View = views[entry.page]!;
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!wide.value) head.current?.focus();
  }, [entry.page]);
  return (
    <div class="page">
      <header class="page-head">
        {!wide.value && <IconButton label={t("back")} icon={Back} onClick={up} />}
        <h2 ref={head} tabIndex={-1}>
          {t(entry.title)}
        </h2>
      </header>
      <div class="page-body scroll">
        <div class="page-column" key={entry.page}>
          <View />
        </div>
      </div>
    </div>
  );
}
