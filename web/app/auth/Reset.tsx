import { t } from "../strings";
import { step } from "./Auth";
import { Head } from "./Head";
import { SignInForm } from "./SignInForm";

/** Reset explains what it means to go on with this device alone, and does it. */
export function Reset() {
  return (
    <>
      <Head title={t("auth.reset")} onBack={() => (step.value = "signIn")} focus />
      <div class="auth-form">
        <p>{t("auth.resetText")}</p>
        <ul class="points">
          <li>{t("auth.resetPoint1")}</li>
          <li>{t("auth.resetPoint2")}</li>
          <li>{t("auth.resetPoint3")}</li>
          <li>{t("auth.resetPoint4")}</li>
        </ul>
        <SignInForm reset deed={t("auth.resetDo")} />
      </div>
    </>
  );
}
