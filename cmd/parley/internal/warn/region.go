package warn

import "strings"

// zones are time zones, or how their names begin, of regions whose help lines are known: those of
// web/app/warnings/region.ts.
var zones = map[string]string{
	"Europe/London": "GB", "Europe/Belfast": "GB", "Europe/Dublin": "IE", "Europe/Berlin": "DE", "Europe/Busingen": "DE",
	"Europe/Paris": "FR", "Europe/Madrid": "ES", "Africa/Ceuta": "ES", "Atlantic/Canary": "ES", "Asia/Kolkata": "IN", "Asia/Calcutta": "IN",
	"Pacific/Auckland": "NZ", "Pacific/Chatham": "NZ", "Pacific/Honolulu": "US", "Australia/": "AU", "US/": "US", "Canada/": "CA", "Brazil/": "BR",
}

// america are time zones of that continent, without its name.
var america = map[string]string{
	"US": "New_York Chicago Denver Phoenix Los_Angeles Anchorage Juneau Sitka Nome Adak Detroit Boise Indianapolis Louisville Menominee Indiana/ Kentucky/ North_Dakota/",
	"CA": "Toronto Vancouver Montreal Edmonton Winnipeg Halifax St_Johns Regina Moncton Whitehorse Yellowknife Iqaluit",
	"BR": "Sao_Paulo Bahia Fortaleza Recife Manaus Belem Cuiaba Campo_Grande Maceio Araguaina Porto_Velho Boa_Vista Rio_Branco Santarem Noronha Eirunepe",
}

// Region returns where somebody probably is whose device has a time zone, as ISO 3166-1 alpha-2; "" where
// its help lines aren't known.
func Region(zone string) string {
	if city, ok := strings.CutPrefix(zone, "America/"); ok {
		for region, cities := range america {
			if oneOf(city, strings.Fields(cities)) {
				return region
			}
		}
		return ""
	}
	for name, region := range zones {
		if oneOf(zone, []string{name}) {
			return region
		}
	}
	return ""
}

// oneOf reports whether name is one of names, or begins with one that ends with a slash.
func oneOf(name string, names []string) bool {
	for _, n := range names {
		if name == n || strings.HasSuffix(n, "/") && strings.HasPrefix(name, n) {
			return true
		}
	}
	return false
}
