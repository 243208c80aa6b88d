import { codeOf, explain } from "../state";
import { t } from "../strings";
import { toast } from "../ui";

/** handed awaits a call that hands something to the safety desk, and says what became of it; false: it was for nothing. What can't leave now is kept, and leaves by itself: to ask for it again would make two of it. */
export async function handed(call: Promise<unknown>, sent: string): Promise<boolean> {
  try {
    await call;
    toast(sent);
    return true;
  } catch (error) {
    const kept = codeOf(error) === "queued";
    toast(kept ? t("report.kept") : explain(error));
    return kept;
  }
}
