import type { Person, RoomLine } from "../../lib/core";
import type { Face } from "../ui";

/** faceOf is how a person is drawn. */
export function faceOf(person: Person): Face {
  return { id: person.account, name: person.display, picture: person.picture };
}

/** roomFace is how a conversation is drawn: Avatar's properties. */
export function roomFace(line: RoomLine): Face & { group?: Face[] } {
  const other = line.people[0];
  if (line.direct) return { id: other?.account ?? line.room, name: line.title, picture: other?.picture ?? line.picture };
  return { id: line.room, name: line.title, picture: line.picture, group: line.people.map(faceOf) };
}
