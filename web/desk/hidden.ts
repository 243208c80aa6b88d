// Characters that can't be seen, or that turn the text around them: a message can
// hide words in them, or look like another one. They are named, and do nothing.

// In order: the tags of a flag, which belong to an emoji; control characters but for tab and line ends; what joins or
// separates without a width, and fillers; what embeds, overrides or isolates a direction; tags and the further variation
// selectors, in which whole texts can hide. What Arabic, Persian, Hebrew and emoji need (ZWJ, ZWNJ, LRM, RLM, ALM, VS1 to
// VS16) stays as it is.
const hidden =
  /(\u{1F3F4}[\u{E0020}-\u{E007F}]{1,8})|([\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u034f\u115f\u1160\u180e\u200b\u2028\u2029\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb\u{E0000}-\u{E0FFF}])\2*/gu;

/** visible is a text in which what can't be seen is named: [U+202E], or [U+200B ×50] for fifty of it. */
export function visible(text: string): string {
  return text.replace(hidden, (run: string, flag: string | undefined, one: string | undefined) => {
    if (flag || !one) return run;
    const name = `U+${one.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}`;
    const times = run.length / one.length;
    return times > 1 ? `[${name} ×${times}]` : `[${name}]`;
  });
}
