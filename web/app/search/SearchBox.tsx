import { useEffect, useRef } from "preact/hooks";
import { t } from "../strings";
import { SearchField } from "../ui";
import { endSearch, sought } from "./sought";
import "./search.css";

let field: HTMLInputElement | null = null;
let wanted = false;

/** focusSearch puts the focus into the search field; once it is drawn, if it isn't yet. */
export function focusSearch() {
  wanted = field === null;
  field?.select();
}

/** SearchBox is the field above the list. Esc empties it, arrow down goes to what was found. */
export function SearchBox() {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field = input.current;
    if (wanted) focusSearch();
    return () => {
      field = null;
    };
  }, []);
  const keys = (event: KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return; // those mean the same everywhere
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
