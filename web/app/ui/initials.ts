/** tone is the color, 0 to 7, of whoever has this id. */
export function tone(id: string): number {
  let sum = 2166136261;
  for (let i = 0; i < id.length; i++) sum = Math.imul(sum ^ id.charCodeAt(i), 16777619);
  return (sum >>> 8) % 8;
}

const whole = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** initials are the first letters of the first and the last word of a name; whole letters, whatever the script. */
export function initials(name: string): string {
  const words = name.split(/[\s._-]+/).filter((word) => /[\p{L}\p{N}\p{Emoji}]/u.test(word));
  const chosen = words.length > 1 ? [words[0], words[words.length - 1]] : words.slice(0, 1);
  return chosen
    .map((word) => first(word ?? ""))
    .join("")
    .toLocaleUpperCase();
}

function first(word: string): string {
  for (const { segment } of whole.segment(word)) return segment;
  return "";
}
