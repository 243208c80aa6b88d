import { signal } from "@preact/signals";
import { boot, phase } from "../state";
import { choose } from "../state/settings";
import { language, languages } from "../strings";
import { Removed } from "./Removed";
import { Reset } from "./Reset";
import { SignIn } from "./SignIn";
import { SignUp } from "./SignUp";
import { Waiting } from "./Waiting";
import { Welcome } from "./Welcome";
import "./auth.css";

/** Step is what somebody sees who isn't signed in. */
export type Step = "welcome" | "signUp" | "signIn" | "reset";

/** step is where they are: change it by setting it. */
export const step = signal<Step>("welcome");

/** typedName is the name that was typed last: it is there again on the next step. */
export const typedName = signal("");

/** Auth is the page while nobody is signed in on this device. */
export function Auth() {
  return (
    <main class="auth scroll">
      <div class="auth-card" key={phase.value + step.value}>
        <Card />
      </div>
      <footer class="auth-foot">
        <span>{boot.value?.server?.domain}</span>
        <Languages />
      </footer>
    </main>
  );
}

/** Languages are the others that the page has: whoever doesn't read this one finds their own. */
function Languages() {
  const others = languages.filter(({ tag }) => tag !== language.value);
  return (
    <>
      {others.map(({ tag, name }) => (
        <button key={tag} type="button" class="link" lang={tag} onClick={() => void choose(tag)}>
          {name}
        </button>
      ))}
    </>
  );
}

function Card() {
  if (phase.value === "waiting") return <Waiting />;
  if (phase.value === "removed") return <Removed />;
  switch (step.value) {
    case "signUp":
      return <SignUp />;
    case "signIn":
      return <SignIn />;
    case "reset":
      return <Reset />;
  }
  return <Welcome />;
}
