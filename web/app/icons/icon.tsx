import type { JSX } from "preact";

/** IconProps of every icon: it is decoration, so what holds it has a name. */
export interface IconProps {
  /** Edge in rem; 1.25 where it isn't said. */
  size?: number;
  class?: string;
}

/** An Icon draws itself in the color of the text around it. */
export type Icon = (props: IconProps) => JSX.Element;

/**
 * strokes makes an icon of lines in a square of 24, two wide, round at the ends.
 * One that points in reading direction turns around from right to left.
 */
export function strokes(lines: string, turns = false): Icon {
  return ({ size = 1.25, class: name = "" }) => (
    <svg
      viewBox="0 0 24 24"
      width={`${size}rem`}
      height={`${size}rem`}
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      class={turns ? `turns ${name}` : name}
    >
      <path d={lines} />
    </svg>
  );
}

/** filled makes an icon of one filled shape in a square of 24. */
export function filled(shape: string, turns = false): Icon {
  return ({ size = 1.25, class: name = "" }) => (
    <svg
      viewBox="0 0 24 24"
      width={`${size}rem`}
      height={`${size}rem`}
      fill="currentColor"
      aria-hidden="true"
      class={turns ? `turns ${name}` : name}
    >
      <path d={shape} />
    </svg>
  );
}
