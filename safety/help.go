package safety

// A HelpLine is where people help. Names and addresses are not translated.
type HelpLine struct {
	Name string
	URL  string // https
}

// everywhere are those that help wherever somebody is.
var everywhere = []HelpLine{
	{"Take It Down (NCMEC): pictures of people under 18", "https://takeitdown.ncmec.org/"},
	{"StopNCII: pictures of adults", "https://stopncii.org/"},
}

// byRegion are those of one region, by ISO 3166-1 alpha-2. docs/spec/safety.md has where each was
// checked, and when. An operator checks them for the regions that it serves: a wrong one does harm.
var byRegion = map[string][]HelpLine{
	"US": {{"NCMEC CyberTipline, 1-800-843-5678", "https://report.cybertip.org/"}},
	"CA": {{"NeedHelpNow.ca (Cybertip.ca)", "https://needhelpnow.ca/"}},
	"GB": {{"Report Remove (Childline and IWF), 0800 1111", "https://www.childline.org.uk/remove/"}, {"Revenge Porn Helpline, 0345 6000 459", "https://revengepornhelpline.org.uk/"}},
	"IE": {{"Hotline.ie", "https://hotline.ie/report"}},
	"AU": {{"eSafety Commissioner", "https://www.esafety.gov.au/key-topics/image-based-abuse/report-image-based-abuse"}},
	"NZ": {{"Netsafe, 0508 638 723", "https://netsafe.org.nz/"}},
	"DE": {{"Nummer gegen Kummer, 116 111", "https://www.nummergegenkummer.de/"}},
	"FR": {{"3018", "https://3018.fr/"}},
	"ES": {{"INCIBE, 017", "https://www.incibe.es/linea-de-ayuda-en-ciberseguridad"}},
	"IN": {{"National Cyber Crime Helpline, 1930", "https://cybercrime.gov.in/"}},
	"BR": {{"SaferNet Brasil, Helpline", "https://helpline.org.br/"}},
}

// HelpLines returns where people of a region find help with blackmail: those of the region
// first. For a region that isn't known, those that help everywhere.
func HelpLines(region string) []HelpLine {
	return append(append([]HelpLine(nil), byRegion[region]...), everywhere...)
}
