import { change, settings } from "../state";
import { fitting, languages, t } from "../strings";
import { Segments } from "../ui";

type Theme = "system" | "light" | "dark";

/** LookPage is the theme and the language. */
export function LookPage() {
  const { theme, language } = settings.value;
  const choices = [{ tag: "", name: t("look.browser", { name: fitting("").name }) }, ...languages];
  return (
    <>
      <section>
        <h3>{t("look.theme")}</h3>
        <Segments<Theme>
          label={t("look.theme")}
          value={theme as Theme}
          choices={[
            { value: "system", label: t("look.system") },
            { value: "light", label: t("look.light") },
            { value: "dark", label: t("look.dark") },
          ]}
          onChange={(wish) => void change({ theme: wish })}
        />
      </section>
      <section>
        <h3 id="languages">{t("look.language")}</h3>
        <div class="card language-list" role="radiogroup" aria-labelledby="languages">
          {choices.map(({ tag, name }) => (
            <label key={tag} lang={tag || undefined}>
              <input type="radio" name="language" checked={language === tag} onChange={() => void change({ language: tag })} />
              {name}
            </label>
          ))}
        </div>
      </section>
    </>
  );
}
