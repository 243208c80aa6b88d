package statement

import (
	"fmt"
	"slices"
	"strings"
)

// A Platform is what a statement says of the platform: no case knows it, so that it is
// configured. What is empty is left out.
type Platform struct {
	Territory   []string // where its restrictions hold: two letters each, of the EEA, sorted
	AccountType string   // ACCOUNT_TYPE_PRIVATE or ACCOUNT_TYPE_BUSINESS, where all accounts are of one
}

// Countries are those in which a restriction may hold, for territorial_scope: of the
// European Economic Area (EuropeanCountriesService::EUROPEAN_COUNTRY_CODES).
var Countries = strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK")

// beyondUnion are the Countries that aren't of the EU.
var beyondUnion = []string{"IS", "LI", "NO"}

// Languages are those that content_language takes
// (EuropeanLanguagesService::ALL_LANGUAGES).
var Languages = strings.Fields("" +
	"AA AB AE AF AK AM AN AR AS AV AY AZ BA BE BG BH BI BM BN BO BR BS CA CE CH CO CR CS CU CV CY DA DE DV DZ EE EL EN EO ES ET EU FA FF " +
	"FI FJ FO FR FY GA GD GL GN GU GV HA HE HI HO HR HT HU HY HZ IA ID IE IG II IK IO IS IT IU JA JV KA KG KI KJ KK KL KM KN KO KR KS KU " +
	"KV KW KY LA LB LG LI LN LO LT LU LV MG MH MI MK ML MN MR MS MT MY NA NB ND NE NG NL NN NO NR NV NY OC OJ OM OR OS PA PI PL PS PT QU " +
	"RM RN RO RU RW SA SC SD SE SG SI SK SL SM SN SO SQ SR SS ST SU SV SW TA TE TG TH TI TK TL TN TO TR TS TT TW TY UG UK UR UZ VE VI VO " +
	"WA WO XH YI YO ZA ZH ZU ")

// NewPlatform reads what a configuration says: countries by their two letters, "EU" and
// "EEA" for all of theirs; "private", "business" or nothing for the type of its accounts. The
// error says what isn't one.
func NewPlatform(territory []string, accountType string) (p Platform, err error) {
	for _, place := range territory {
		switch {
		case place == "EEA":
			p.Territory = append(p.Territory, Countries...)
		case place == "EU":
			p.Territory = append(p.Territory, slices.DeleteFunc(slices.Clone(Countries), func(c string) bool { return slices.Contains(beyondUnion, c) })...)
		case slices.Contains(Countries, place):
			p.Territory = append(p.Territory, place)
		default:
			return p, fmt.Errorf("territory: %q is no country of the EEA by its two letters, nor EU or EEA", place)
		}
	}
	slices.Sort(p.Territory)
	p.Territory = slices.Compact(p.Territory)
	switch accountType {
	case "":
	case "private", "business":
		p.AccountType = "ACCOUNT_TYPE_" + strings.ToUpper(accountType)
	default:
		return p, fmt.Errorf("account_type: %q is neither private nor business", accountType)
	}
	return p, nil
}
