import { People } from "../icons";
import { initials, tone } from "./initials";
import "./avatar.css";

/** Who is drawn: id chooses the color, and is the same everywhere. */
export interface Face {
  id: string;
  name: string;
  picture?: string;
}

export interface AvatarProps extends Face {
  /** 1.5, 2.25, 2.75, 3.25 (l) or 6 rem. */
  size?: "xs" | "s" | "m" | "l" | "xl";
  /** Of a group: two of its people stand for it where it has no picture. */
  group?: Face[];
}

/** Avatar is a person's or a group's round picture. It is decoration: the name stands beside it. */
export function Avatar({ id, name, picture, size = "l", group }: AvatarProps) {
  if (!picture && group && group.length > 1) {
    return (
      <span class={`avatar pair ${size}`} aria-hidden="true">
        {group.slice(0, 2).map((face) => (
          <Avatar key={face.id} {...face} />
        ))}
      </span>
    );
  }
  return (
    <span class={`avatar ${size} tone-${tone(id)}`} aria-hidden="true">
      {picture ? <img src={picture} alt="" draggable={false} /> : group ? <People size={1.4} /> : initials(name)}
    </span>
  );
}
