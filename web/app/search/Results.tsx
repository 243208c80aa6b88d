import { useEffect } from "preact/hooks";
import type { ComponentChildren } from "preact";
import type { Hit, Person, RoomLine } from "../../lib/core";
import { withPerson } from "../challenge/captcha";
import { Compose, Search } from "../icons";
import { faceOf, roomFace } from "../list/faces";
import { asName, fits, people, validName } from "../list/people";
import { announce, attempt, core, goToRoom, lineOf, requests, rooms, onceMore } from "../state";
import { t } from "../strings";
import { dateAndClock, shortTime } from "../strings/dates";
import { Avatar, Button, EmptyState, moveAmong, Spinner } from "../ui";
import { Marked, MarkedName } from "./Marked";
import { endSearch, found, limit, sought } from "./sought";

/** Results are the conversations, people and messages that fit what is sought. */
export function Results() {
  const text = sought.value.trim();
  const lines = [...(rooms.value ?? []), ...requests.value].filter((line) => fits(text, line.title)).slice(0, 8);
  const others = strangers(text, lines);
  const hits = found.value?.hits ?? [];
  const n = lines.length + others.length + hits.length;
  const known = found.value !== null;
  useEffect(() => {
    if (known) announce(t("search.count", { n }));
  }, [known, n]);
  const name = asName(text);
  const isNew = validName(name) && !people.value.some((person) => person.name === name);
  return (
    <div class="fill scroll results" role="region" aria-label={t("search.results")} onKeyDown={(e) => move(e)}>
      {lines.length > 0 && (
        <Part head={t("search.chats")}>
          {lines.map((line) => (
            <RoomResult key={line.room} line={line} text={text} />
          ))}
        </Part>
      )}
      {others.length > 0 && (
        <Part head={t("search.people")}>
          {others.map((person) => (
            <PersonResult key={person.account} person={person} text={text} />
          ))}
        </Part>
      )}
      {hits.length > 0 && (
        <Part head={t("search.messages")}>
          {hits.map((hit) => (
            <HitResult key={hit.id} hit={hit} />
          ))}
        </Part>
      )}
      {known && isNew && (
        <Part head={t("list.new")}>
          <NewResult name={name} />
        </Part>
      )}
      {found.value?.more && limit.value < 100 && (
        <Button kind="quiet" whole onClick={() => (limit.value = Math.min(100, limit.value * 2))}>
          {t("search.more")}
        </Button>
      )}
      {!known && (
        <div class="searching">
          <Spinner large />
        </div>
      )}
      {known && n === 0 && !isNew && <EmptyState icon={Search} title={t("search.none")} text={t("search.noneText", { text })} />}
    </div>
  );
}

// strangers are people who fit but whose conversation isn't among those found.
function strangers(text: string, lines: RoomLine[]): Person[] {
  const direct = new Set(lines.filter((line) => line.direct).map((line) => line.people[0]?.account));
  return people.value.filter((one) => fits(text, one.display, one.name) && !direct.has(one.account)).slice(0, 8);
}

function move(event: KeyboardEvent) {
  if (event.key.length === 1) return;
  moveAmong(event, event.currentTarget as Element, ".result");
}

function Part({ head, children }: { head: string; children: ComponentChildren }) {
  return (
    <section>
      <h2 class="small-head">{head}</h2>
      <ul>{children}</ul>
    </section>
  );
}

function RoomResult({ line, text }: { line: RoomLine; text: string }) {
  const open = () => (endSearch(), goToRoom(line.room));
  return (
    <li>
      <button type="button" class="person-row result" onClick={open}>
        <Avatar {...roomFace(line)} size="m" />
        <bdi class="one-line">
          <MarkedName name={line.title} typed={text} />
        </bdi>
      </button>
    </li>
  );
}

async function writeTo(name: string) {
  const room = await attempt(withPerson(() => onceMore(() => core.start({ names: [name], group: false }))));
  if (!room) return;
  endSearch();
  goToRoom(room.room);
}

function PersonResult({ person, text }: { person: Person; text: string }) {
  return (
    <li>
      <button type="button" class="person-row result" onClick={() => void writeTo(person.account)}>
        <Avatar {...faceOf(person)} size="m" />
        <span class="folder-words">
          <bdi class="one-line">
            <MarkedName name={person.display} typed={text} />
          </bdi>
          <span class="one-line">
            <bdi>@{person.name}</bdi>
          </span>
        </span>
      </button>
    </li>
  );
}

function NewResult({ name }: { name: string }) {
  return (
    <li>
      <button type="button" class="person-row result" onClick={() => void writeTo(name)}>
        <span class="avatar m result-sign">
          <Compose />
        </span>
        <span class="one-line">{t("search.writeTo", { name: `@${name}` })}</span>
      </button>
    </li>
  );
}

function HitResult({ hit }: { hit: Hit }) {
  const line = lineOf(hit.room);
  return (
    <li>
      <button type="button" class="person-row result" onClick={() => goToRoom(hit.room, hit.id)}>
        {line ? <Avatar {...roomFace(line)} size="m" /> : <Avatar id={hit.room} name={hit.title} size="m" />}
        <span class="folder-words">
          <span class="room-first">
            <bdi class="room-title one-line">{hit.title}</bdi>
            <time class="room-time" dateTime={new Date(hit.at_ms).toISOString()} title={dateAndClock(hit.at_ms)}>
              {shortTime(hit.at_ms)}
            </time>
          </span>
          <span class="hit">
            {hit.own ? `${t("list.youSaid")} ` : line?.direct ? "" : `${t("list.whoSaid", { name: hit.from })} `}
            <bdi>
              <Marked text={hit.text} start={hit.start} end={hit.end} />
            </bdi>
          </span>
        </span>
      </button>
    </li>
  );
}
