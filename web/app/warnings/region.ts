/** zones are time zones, or how their names begin, of regions whose help lines are known. */
const zones: Readonly<Record<string, string>> = {
  "Europe/London": "GB",
  "Europe/Belfast": "GB",
  "Europe/Dublin": "IE",
  "Europe/Berlin": "DE",
  "Europe/Busingen": "DE",
  "Europe/Paris": "FR",
  "Europe/Madrid": "ES",
  "Africa/Ceuta": "ES",
  "Atlantic/Canary": "ES",
  "Asia/Kolkata": "IN",
  "Asia/Calcutta": "IN",
  "Pacific/Auckland": "NZ",
  "Pacific/Chatham": "NZ",
  "Australia/": "AU",
  "US/": "US",
  "Canada/": "CA",
  "Brazil/": "BR",
};

/** america are time zones of the continent's regions whose help lines are known: their names begin alike. */
const america: Readonly<Record<string, string>> = {
  US: "New_York Chicago Denver Phoenix Los_Angeles Anchorage Juneau Sitka Nome Adak Detroit Boise Indianapolis Louisville Menominee Indiana/ Kentucky/ North_Dakota/",
  CA: "Toronto Vancouver Montreal Edmonton Winnipeg Halifax St_Johns Regina Moncton Whitehorse Yellowknife Iqaluit",
  BR: "Sao_Paulo Bahia Fortaleza Recife Manaus Belem Cuiaba Campo_Grande Maceio Araguaina Porto_Velho Boa_Vista Rio_Branco Santarem Noronha Eirunepe",
};

/**
 * region is where somebody probably is, as ISO 3166-1 alpha-2: by the device's time zone, "" if that is another region's. Without one that
 * says anything (UTC, as browsers say that hide it), by the languages of the browser: most of them are in en-US wherever they are used.
 */
export function region(zone: string, languages: readonly string[]): string {
  if (zone === "Pacific/Honolulu") return "US";
  const city = zone.replace(/^America\//, "");
  if (city !== zone) {
    for (const [where, cities] of Object.entries(america)) {
      if (cities.split(" ").some((c) => (c.endsWith("/") ? city.startsWith(c) : city === c))) return where;
    }
    return "";
  }
  for (const [name, where] of Object.entries(zones)) {
    if (name.endsWith("/") ? zone.startsWith(name) : zone === name) return where;
  }
  return zone === "" || /^(Etc\/|UTC|GMT)/.test(zone) ? byLanguage(languages) : "";
}

function byLanguage(languages: readonly string[]): string {
  for (const tag of languages) {
    const found = /^[a-z]{2,3}(?:-[A-Z][a-z]{3})?-([A-Z]{2})\b/.exec(tag);
    if (found?.[1] && tag !== "en-US") return found[1];
  }
  return "";
}

/** regionHere is the region of this device. It stays on it. */
export function regionHere(): string {
  return region(Intl.DateTimeFormat().resolvedOptions().timeZone ?? "", navigator.languages);
}
