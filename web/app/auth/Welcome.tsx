import { Logo } from "../icons/Logo";
import { boot } from "../state";
import { wiped } from "../state/boot";
import { t } from "../strings";
import { Button, Note } from "../ui";
import { step } from "./Auth";

/** Welcome is the first thing that somebody sees. */
export function Welcome() {
  const server = boot.value?.server;
  const closed = server?.sign_up_open === false;
  return (
    <div class="welcome">
      <Logo size={5} />
      <h1>{t("auth.hello")}</h1>
      <p>{t("auth.helloText")}</p>
      {wiped.value && (
        <Note kind="warn">
          <b>{t("auth.wiped")}</b>
          <br />
          {t("auth.wipedText")}
        </Note>
      )}
      {closed ? (
        <p>{t("auth.closed", { domain: server.domain })}</p>
      ) : (
        <Button kind={wiped.value ? "plain" : "primary"} whole onClick={() => (step.value = "signUp")}>
          {t("auth.signUp")}
        </Button>
      )}
      <Button kind={closed || wiped.value ? "primary" : "plain"} whole onClick={() => (step.value = "signIn")}>
        {t("auth.signIn")}
      </Button>
    </div>
  );
}
