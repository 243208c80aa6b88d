import { Logo } from "../app/icons/Logo";
import { Key } from "../app/icons";
import { Button, Note } from "../app/ui";
import { ended, enter } from "./api";
import { useDeed } from "./hooks";
import { register, signIn } from "./passkey";

/** SignIn is for who isn't signed in: with a passkey, or the first time with the one-time link. */
export function SignIn({ invite }: { invite: string }) {
  const deed = useDeed();
  const start = () => deed.run(async () => enter(await (invite ? register(invite) : signIn())));
  return (
    <main class="sign-in">
      <Logo size={3.5} />
      <h1>{invite ? "Welcome to the safety desk" : "Safety desk"}</h1>
      <p>
        {invite
          ? "You were invited. Make a passkey on this device: from then on you sign in with it. The link works once."
          : "For the platform’s own staff. Everything that is looked at and decided here is written into the audit log."}
      </p>
      {ended.value && !deed.error && <Note urgent>You were signed out after a while without use. What you had begun to write is still here.</Note>}
      {deed.error && (
        <Note kind="danger" urgent>
          {deed.error}
        </Note>
      )}
      <Button kind="primary" icon={Key} busy={deed.busy} onClick={start} autofocus>
        {invite ? "Make a passkey" : "Sign in with a passkey"}
      </Button>
    </main>
  );
}
