import type { Reader, ReaderDevice } from "../../lib/core";
import { Devices, ShieldCheck } from "../icons";
import { faceOf } from "../list/faces";
import { t } from "../strings";
import { date } from "../strings/dates";
import { Avatar, Button } from "../ui";

/** ReaderRow is a person who can read, since when, and on which devices. */
export function ReaderRow({ reader, onCompare }: { reader: Reader; onCompare: () => void }) {
  return (
    <li class="reader">
      <Avatar {...faceOf(reader)} size="m" />
      <div class="reader-words">
        <div class="reader-name">
          <strong class="one-line">
            <bdi>{reader.own ? t("you") : reader.display}</bdi>
          </strong>
          {reader.verified && !reader.changed && (
            <span class="reader-verified">
              <ShieldCheck size={0.9375} /> {t("readers.verifiedShort")}
            </span>
          )}
        </div>
        <div class="quiet one-line">
          <bdi>@{reader.name}</bdi>
          {reader.since_ms > 0 && <> · {t("readers.since", { date: date(reader.since_ms) })}</>}
        </div>
        <ul class="reader-devices" aria-label={t("readers.devices", { n: reader.devices.length })}>
          {reader.devices.map((d) => (
            <Device key={d.device} device={d} />
          ))}
        </ul>
        {!reader.own && reader.safety_number !== "" && (
          <Button small onClick={onCompare}>
            {t("readers.compare")}
          </Button>
        )}
      </div>
    </li>
  );
}

function Device({ device }: { device: ReaderDevice }) {
  return (
    <li>
      <Devices size={1} />
      <bdi class="one-line">{device.name || t("readers.unnamed")}</bdi>
      <span class="quiet">{device.this ? t("readers.this") : device.added_ms > 0 ? t("readers.added", { date: date(device.added_ms) }) : ""}</span>
    </li>
  );
}
