import { boot } from "../state";
import { t } from "../strings";
import { step } from "./Auth";
import { Head } from "./Head";
import { SignInForm } from "./SignInForm";

/** SignIn adds this device to an account. */
export function SignIn() {
  return (
    <>
      <Head title={t("auth.signIn")} onBack={() => (step.value = "welcome")} />
      <SignInForm deed={t("auth.signIn")}>
        <p class="swap">
          <button type="button" class="link" onClick={() => (step.value = "reset")}>
            {t("auth.lost")}
          </button>
        </p>
        {boot.value?.server?.sign_up_open !== false && (
          <p class="swap">
            {t("auth.haveNot")}{" "}
            <button type="button" class="link" onClick={() => (step.value = "signUp")}>
              {t("auth.signUp")}
            </button>
          </p>
        )}
      </SignInForm>
    </>
  );
}
