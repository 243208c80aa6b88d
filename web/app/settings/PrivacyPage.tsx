import { useEffect, useState } from "preact/hooks";
import type { Person } from "../../lib/core";
import { faceOf } from "../list/faces";
import { boot, change, core, settings, worked } from "../state";
import { t } from "../strings";
import { Avatar, Button, Skeleton, Switch, toast } from "../ui";

/** PrivacyPage is what others see of what one does, and who can't write any more. */
export function PrivacyPage() {
  const { receipts, typing, links, warnings } = settings.value;
  return (
    <>
      <section>
        <div class="card">
          <Switch
            label={t("privacy.receipts")}
            hint={t("privacy.receiptsHint")}
            on={receipts}
            onChange={(on) => void change({ receipts: on })}
          />
          <Switch label={t("privacy.typing")} hint={t("privacy.typingHint")} on={typing} onChange={(on) => void change({ typing: on })} />
          <Switch label={t("warnings.setting")} hint={t("warnings.settingHint")} on={warnings} onChange={(on) => void change({ warnings: on })} />
          {boot.value?.server?.unfurl && (
            <Switch label={t("links.setting")} hint={t("links.settingHint")} on={links} onChange={(on) => void change({ links: on })} />
          )}
        </div>
      </section>
      <section>
        <h3>{t("privacy.blocked")}</h3>
        <Blocked />
      </section>
    </>
  );
}

function Blocked() {
  const [people, setPeople] = useState<Person[] | null>(null);
  useEffect(() => {
    let gone = false;
    const load = () =>
      void core.blocked().then(
        (answer) => gone || setPeople(answer.people),
        () => undefined, // what was known stays
      );
    load();
    const stop = core.on("rooms", load);
    return () => {
      gone = true;
      stop();
    };
  }, []);
  const unblock = async (person: Person) => {
    if (!(await worked(core.unblock({ accounts: [person.account] })))) return;
    toast(t("privacy.unblocked", { name: person.display }));
    setPeople((now) => now?.filter((one) => one !== person) ?? null);
  };
  if (!people) return <Skeleton />;
  if (people.length === 0) return <p class="quiet-text">{t("privacy.blockedNone")}</p>;
  return (
    <ul class="card">
      {people.map((person) => (
        <li key={person.account} class="card-row">
          <Avatar {...faceOf(person)} size="m" />
          <span class="folder-words">
            <bdi class="one-line">{person.display}</bdi>
            <span class="one-line" dir="ltr">
              @{person.name}
            </span>
          </span>
          <Button small onClick={() => void unblock(person)} aria-label={`${t("privacy.unblock")}: ${person.display}`}>
            {t("privacy.unblock")}
          </Button>
        </li>
      ))}
    </ul>
  );
}
