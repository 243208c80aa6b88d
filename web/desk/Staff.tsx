import { useState } from "preact/hooks";
import { AddPerson } from "../app/icons";
import { Button, Confirm, Dialog, Note, TextField, toast } from "../app/ui";
import type { Invitation, Person, Role } from "../lib/desk";
import { call, me } from "./api";
import { useDeed, useLoaded } from "./hooks";
import { useKeys } from "./keys";
import { Badge, Failure, Head, Select, Waiting, When } from "./parts";
import { roleHints, roles } from "./words";

const choices = (Object.keys(roles) as Role[]).map((role) => [role, roles[role]] as const);

/** StaffView is everybody of the desk: a lead invites, changes roles, shuts out. */
export function StaffView() {
  const list = useLoaded("staff", () => call("staff"));
  const [inviting, setInviting] = useState(false);
  useKeys("Staff", [{ keys: "i", words: "Invite somebody", do: () => setInviting(true) }]);
  return (
    <div class="view">
      <Head title="Staff" text="Everybody signs in with a passkey of their own.">
        <Button small kind="primary" icon={AddPerson} onClick={() => setInviting(true)}>
          Invite
        </Button>
      </Head>
      <Waiting of={list} title="People">
        {(now) => (
          <ul class="rows" aria-label="People">
            {[...now.people].sort(byName).map((person) => (
              <PersonRow key={person.id} person={person} onChange={list.again} />
            ))}
          </ul>
        )}
      </Waiting>
      {inviting && (
        <Invite
          onClose={() => {
            setInviting(false);
            list.again();
          }}
        />
      )}
    </div>
  );
}

/** byName orders people by their names, who is shut out last. */
const byName = (a: Person, b: Person) => Number(a.disabled ?? false) - Number(b.disabled ?? false) || a.name.localeCompare(b.name);

function PersonRow({ person, onChange }: { person: Person; onChange: () => void }) {
  const [asking, setAsking] = useState(false);
  const deed = useDeed();
  const set = (role: Role, disabled: boolean) =>
    deed.run(async () => {
      await call("setStaff", { id: person.id, role, disabled });
      setAsking(false);
      toast("Changed");
      onChange();
    });
  const self = person.id === me.value?.person.id;
  return (
    <li class="row still" tabIndex={-1} data-row>
      <span class="row-main">
        <span class="row-title">
          <bdi>{person.name}</bdi> {self && <span class="dim">(you)</span>}
        </span>
        {(person.invited_by || person.second_from_ms) && (
          <span class="dim">
            {person.invited_by && (
              <>
                Invited by <bdi>{person.invited_by}</bdi>
              </>
            )}
            {person.invited_by && person.second_from_ms && " · "}
            {person.second_from_ms && (
              <>
                can be a second person from <When ms={person.second_from_ms} />
              </>
            )}
          </span>
        )}
        <span class="dim">{person.seen_ms ? <>last here <When ms={person.seen_ms} short /></> : <>since <When ms={person.since_ms} /></>}</span>
        <Failure text={deed.error} />
      </span>
      <span class="row-end">
        {person.invited && <Badge kind="warn">Hasn’t come yet</Badge>}
        {person.disabled && <Badge kind="danger">Shut out</Badge>}
        <Select small label={`Role of ${person.name}`} value={person.role} choices={choices} onChange={(role) => set(role, person.disabled ?? false)} />
        {!self && (
          <Button small kind={person.disabled ? "plain" : "danger-quiet"} onClick={() => (person.disabled ? void set(person.role, false) : setAsking(true))}>
            {person.disabled ? "Let in" : "Shut out"}
          </Button>
        )}
      </span>
      {asking && (
        <Confirm
          title={`Shut ${person.name} out?`}
          text="Every session and token ends at once."
          yes="Shut out"
          danger
          busy={deed.busy}
          onYes={() => set(person.role, true)}
          onClose={() => setAsking(false)}
        />
      )}
    </li>
  );
}

function Invite({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("reviewer");
  const [made, setMade] = useState<Invitation | null>(null);
  const deed = useDeed();
  const invite = () => deed.run(async () => setMade(await call("invite", { name: name.trim(), role })));
  const copy = async () => {
    const done = await navigator.clipboard?.writeText(made?.link ?? "").then(() => true, () => false);
    toast(done ? "Copied" : "This browser doesn’t let the page copy: press the link, and copy it");
  };
  const foot = made ? (
    <Button kind="primary" whole onClick={copy}>
      Copy the link
    </Button>
  ) : (
    <Button kind="primary" whole busy={deed.busy} disabled={name.trim() === ""} onClick={invite}>
      Make a link
    </Button>
  );
  return (
    <Dialog title="Invite somebody" onClose={onClose} foot={foot}>
      <div class="form">
        {made ? (
          <>
            <Note kind="good">
              The link works once, until <When ms={made.ends_ms} />. Give it to <bdi>{made.person.name}</bdi> and to nobody else.
            </Note>
            <p class="mono link-text" dir="ltr">
              {made.link}
            </p>
          </>
        ) : (
          <>
            <TextField label="Name" value={name} onText={setName} autofocus dir="auto" autocomplete="off" />
            <Select label="Role" value={role} choices={choices} onChange={setRole} />
            <p class="dim">{roleHints[role]}.</p>
            <Failure text={deed.error} />
          </>
        )}
      </div>
    </Dialog>
  );
}
