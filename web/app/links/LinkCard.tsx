import type { LinkPreview } from "../../lib/core";
import { Link } from "../icons";
import { askFirst } from "../markdown/asking";
import { hostOf } from "./address";
import "./links.css";

/** LinkCard is what the sender found at a link in the text. Nothing is fetched for it; where it leads is what the address says, whatever the card does. Of somebody new its picture is left out for now. */
export function LinkCard({ of, links, own, covered }: { of: LinkPreview; links: boolean; own: boolean; covered: boolean }) {
  const host = hostOf(of.url);
  const inside = (
    <>
      {of.picture && !covered && <img class="link-card-picture" src={of.picture} alt="" draggable={false} />}
      <span class="link-card-words">
        {of.title && <bdi class="link-card-title">{of.title}</bdi>}
        {of.description && <bdi class="link-card-text">{of.description}</bdi>}
        <bdi class="link-card-host" dir="ltr">
          <Link size={0.75} /> {host}
        </bdi>
      </span>
    </>
  );
  if (!links) return <div class="link-card">{inside}</div>;
  return (
    <a class="link-card" href={of.url} target="_blank" rel="noopener noreferrer nofollow" onClick={(e) => askFirst(e, of.url, "", true, own)}>
      {inside}
    </a>
  );
}
