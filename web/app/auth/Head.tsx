import { useEffect, useRef } from "preact/hooks";
import { Back } from "../icons";
import { t } from "../strings";
import { IconButton } from "../ui";

/** Head is the title of a step, with a way back. It takes the focus where no field does. */
export function Head({ title, onBack, focus }: { title: string; onBack?: () => void; focus?: boolean }) {
  const ref = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (focus) ref.current?.focus();
  }, []);
  return (
    <div class="auth-head">
      {onBack && <IconButton label={t("back")} icon={Back} onClick={onBack} />}
      <h1 ref={ref} tabIndex={-1}>
        {title}
      </h1>
    </div>
  );
}
