/** What a file is, for a conversation. Pure. */

/** How an attachment is shown. */
export type Role = "photo" | "video" | "voice" | "file";

/** Pictures that every browser draws, so that they can be shown as photos as they are. */
const pictures = ["image/jpeg", "image/png", "image/webp", "image/gif"];

/** roleOf is how a chosen file may be shown, by the type that the browser gave it; whether it can be is seen when it is opened. */
export function roleOf(type: string): Role {
  const bare = bareType(type);
  if (bare.startsWith("image/") && bare !== "image/svg+xml") return "photo";
  if (bare.startsWith("video/")) return "video";
  return "file";
}

/** How large a photo and a voice note may be that are fetched without being asked for, in bytes. */
const unasked: Record<string, number> = { photo: 64 << 20, voice: 16 << 20 };

/** comesUnasked says whether an attachment is fetched as soon as it is in sight: whoever sent it doesn't decide how much that is. */
export function comesUnasked(a: { role: string; size: number }): boolean {
  return a.size <= (unasked[a.role] ?? 0);
}

/** drawn says whether a type is one that every browser draws. */
export function drawn(type: string): boolean {
  return pictures.includes(bareType(type));
}

/** bareType is a media type in small letters, without parameters; what isn't one is application/octet-stream. */
export function bareType(type: string): string {
  const bare = (type.split(";")[0] ?? "").trim().toLowerCase();
  return /^[a-z0-9][a-z0-9!#$&^_.+-]{0,63}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}$/.test(bare) ? bare : "application/octet-stream";
}

/** The most bytes of UTF-8 that a name has. */
const longest = 200;

/** Separators, control characters and those that turn the direction of a text: none belongs in a name. */
const unfit = /[/\\:\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** bareName is a name without directories, and without what could make it look like another one. It keeps its ending where it has to be shortened. */
export function bareName(name: string): string {
  const last = name.slice(Math.max(name.lastIndexOf("/"), name.lastIndexOf("\\")) + 1);
  const clean = last.normalize("NFC").replace(unfit, "").replace(/^[.\s]+|[.\s]+$/g, "");
  const bytes = (text: string) => new TextEncoder().encode(text).length;
  if (bytes(clean) <= longest) return clean || "file";
  const dot = clean.lastIndexOf(".");
  const ending = dot > 0 && clean.length - dot <= 12 ? clean.slice(dot) : "";
  let stem = [...clean.slice(0, clean.length - ending.length)];
  while (bytes(stem.join("") + ending) > longest) stem = stem.slice(0, -1);
  return stem.join("").trimEnd() + ending;
}

/** withEnding is a name whose ending says what a picture was made to: photo.heic becomes photo.webp. */
export function withEnding(name: string, type: string): string {
  const ending = { "image/webp": ".webp", "image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif" }[type];
  if (!ending) return name;
  const dot = name.lastIndexOf(".");
  const now = dot > 0 ? name.slice(dot).toLowerCase() : "";
  if (now === ending || (now === ".jpeg" && ending === ".jpg")) return name;
  return (dot > 0 && now.length <= 6 ? name.slice(0, dot) : name) + ending;
}

/** Sort is what a file's icon shows. */
export type Sort = "picture" | "video" | "sound" | "archive" | "text" | "table" | "other";

const sorts: [RegExp, Sort][] = [
  [/^image\//, "picture"],
  [/^video\//, "video"],
  [/^audio\//, "sound"],
  [/zip|compressed|x-tar|x-7z|rar|gzip|x-xz|bzip/, "archive"],
  [/spreadsheet|excel|csv/, "table"],
  [/^text\/|pdf|word|document|rtf|epub|presentation|powerpoint/, "text"],
];

/** sortOf is what kind of file a type is, for its icon. */
export function sortOf(type: string): Sort {
  const bare = bareType(type);
  return sorts.find(([fits]) => fits.test(bare))?.[1] ?? "other";
}

/** endingOf is the ending of a name, in capitals and at most five characters, '' if it has none. */
export function endingOf(name: string): string {
  return /[^.]\.([\p{L}\p{N}]{1,5})$/u.exec(name)?.[1]?.toUpperCase() ?? "";
}
