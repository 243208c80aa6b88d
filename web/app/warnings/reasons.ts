import type { LinkWarning } from "../../lib/core";
import { t } from "../strings";

/** reasonOf says in a sentence why to look twice at a link. */
export function reasonOf(w: LinkWarning): string {
  switch (w.kind) {
    case "listed":
      return t("warnings.listed", { host: w.host });
    case "look_alike":
      return t("warnings.lookAlike", { host: w.host, like: w.like ?? "" });
    case "confusable":
      return w.like ? t("warnings.confusableLike", { like: w.like }) : t("warnings.confusable");
    case "mismatch":
      return t("warnings.mismatch", { host: w.host, like: w.like ?? "" });
    case "userinfo":
      return t("warnings.userinfo", { host: w.host });
    case "raw_address":
      return t("warnings.rawAddress");
    case "shortener":
      return t("warnings.shortener");
    default:
      return t("warnings.other");
  }
}
