/** Texts of nothing but emoji, which are drawn large. */

const emoji = /^(?:\p{Regional_Indicator}{2}|(?:(?!\p{Regional_Indicator})\p{Emoji_Presentation}|\p{Extended_Pictographic}|[0-9#*]\uFE0F?\u20E3)(?:\uFE0F|\p{Emoji_Modifier}|\u200D(?:\p{Emoji_Presentation}|\p{Extended_Pictographic})|[\u{E0020}-\u{E007F}])*)$/u;

let segments: Intl.Segmenter | undefined;

/** emojiOnly returns how many emoji a text consists of, with nothing else; 0 if there is anything else, or more than three. */
export function emojiOnly(text: string): number {
  const t = text.trim();
  if (t === "" || t.length > 96) return 0;
  segments ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  let n = 0;
  for (const { segment } of segments.segment(t)) {
    if (/^\s+$/.test(segment)) continue;
    if (!emoji.test(segment) || /^[©®™]$/.test(segment) || ++n > 3) return 0;
  }
  return n;
}
