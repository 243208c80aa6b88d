import { useEffect, useRef } from "preact/hooks";
import { signal } from "@preact/signals";
import { t } from "../strings";
import { SearchField } from "../ui";
import { endSearch, sought } from "./sought";
import "./search.css";

/** wanted counts how often the field was asked to take the focus. */
const wanted = signal(0);

/** focusSearch puts the focus into the search field. */
export function focusSearch() {
  wanted.value++;
}

/** SearchBox is the field above the list. Esc empties it, arrow down goes to what was found. */
export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  const seen = useRef(0);
  const asked = wanted.value;
  useEffect(() => {
    if (asked > seen.current) input.current?.select();
    seen.current = asked;
  }, [asked]);
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Escape" && sought.value) {
      event.stopPropagation();
      endSearch();
    } else if (event.key === "ArrowDown" || event.key === "Enter") {
      const first = document.querySelector<HTMLElement>(".results .result, .rooms [data-room][tabindex='0']");
      if (!first || (event.key === "Enter" && !sought.value)) return;
      event.preventDefault();
      if (event.key === "Enter") first.click();
      else first.focus();
    }
  };
  return (
    <div class="search-line">
      <SearchField label={t("search.label")} value={sought.value} onText={(text) => (sought.value = text)} input={input} onKeyDown={keys} />
    </div>
  );
}
