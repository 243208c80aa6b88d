import { useEffect, useState } from "preact/hooks";
import { Offline } from "../icons";
import { announce, connection } from "../state";
import { t } from "../strings";
import { Spinner } from "../ui";

/**
 * Connection is a calm line while the server isn't reached. A connection that comes
 * back within a few seconds isn't worth a word.
 */
export function Connection() {
  const now = connection.value;
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (now === "online") return;
    const timer = setTimeout(
      () => {
        setLate(true);
        if (now === "offline") announce(t("connection.offline"));
      },
      now === "offline" ? 1000 : 4000,
    );
    return () => clearTimeout(timer);
  }, [now]);
  if (now === "online" || !late) return null;
  return (
    <p class="connection">
      {now === "offline" ? <Offline size={1.125} /> : <Spinner />}
      {t(now === "offline" ? "connection.offline" : "connection.connecting")}
    </p>
  );
}
