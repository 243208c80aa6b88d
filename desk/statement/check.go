package statement

import (
	"net/url"
	"regexp"
	"slices"
	"time"

	"parley/desk/deskapi"
)

// categories gives each of ours the one of the database.
var categories = map[deskapi.Category]string{
	deskapi.ChildSafety:   "STATEMENT_CATEGORY_PROTECTION_OF_MINORS",
	deskapi.SelfHarm:      "STATEMENT_CATEGORY_SELF_HARM",
	deskapi.Terror:        "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY",
	deskapi.SexualContent: "STATEMENT_CATEGORY_CYBER_VIOLENCE",
	deskapi.Harassment:    "STATEMENT_CATEGORY_CYBER_VIOLENCE",
	deskapi.Scam:          "STATEMENT_CATEGORY_SCAMS_AND_FRAUD",
	deskapi.OtherCategory: "STATEMENT_CATEGORY_OTHER_VIOLATION_TC",
}

// Categories are those that the database has (Statement::STATEMENT_CATEGORIES).
var Categories = []string{
	"STATEMENT_CATEGORY_ANIMAL_WELFARE", "STATEMENT_CATEGORY_CONSUMER_INFORMATION", "STATEMENT_CATEGORY_CYBER_VIOLENCE",
	"STATEMENT_CATEGORY_CYBER_VIOLENCE_AGAINST_WOMEN", "STATEMENT_CATEGORY_DATA_PROTECTION_AND_PRIVACY_VIOLATIONS",
	"STATEMENT_CATEGORY_ILLEGAL_OR_HARMFUL_SPEECH", "STATEMENT_CATEGORY_INTELLECTUAL_PROPERTY_INFRINGEMENTS",
	"STATEMENT_CATEGORY_NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS", "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE",
	"STATEMENT_CATEGORY_OTHER_VIOLATION_TC", "STATEMENT_CATEGORY_PROTECTION_OF_MINORS", "STATEMENT_CATEGORY_RISK_FOR_PUBLIC_SECURITY",
	"STATEMENT_CATEGORY_SCAMS_AND_FRAUD", "STATEMENT_CATEGORY_SELF_HARM", "STATEMENT_CATEGORY_UNSAFE_AND_PROHIBITED_PRODUCTS",
	"STATEMENT_CATEGORY_VIOLENCE",
}

// Keywords are those of the database (Statement::KEYWORDS).
var Keywords = []string{
	"KEYWORD_ADULT_SEXUAL_MATERIAL", "KEYWORD_AGE_SPECIFIC_RESTRICTIONS", "KEYWORD_AGE_SPECIFIC_RESTRICTIONS_MINORS", "KEYWORD_ANIMAL_HARM",
	"KEYWORD_BIOMETRIC_DATA_BREACH", "KEYWORD_BULLYING_AGAINST_GIRLS", "KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL",
	"KEYWORD_CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE", "KEYWORD_CONTENT_PROMOTING_EATING_DISORDERS", "KEYWORD_COORDINATED_HARM",
	"KEYWORD_COPYRIGHT_INFRINGEMENT", "KEYWORD_CYBER_BULLYING_INTIMIDATION", "KEYWORD_CYBER_HARASSMENT",
	"KEYWORD_CYBER_HARASSMENT_AGAINST_WOMEN", "KEYWORD_CYBER_INCITEMENT", "KEYWORD_CYBER_STALKING", "KEYWORD_CYBER_STALKING_AGAINST_WOMEN",
	"KEYWORD_DATA_FALSIFICATION", "KEYWORD_DEFAMATION", "KEYWORD_DESIGN_INFRINGEMENT", "KEYWORD_DISCRIMINATION",
	"KEYWORD_FEMALE_GENDERED_DISINFORMATION", "KEYWORD_GEOGRAPHICAL_REQUIREMENTS", "KEYWORD_GEOGRAPHIC_INDICATIONS_INFRINGEMENT",
	"KEYWORD_GOODS_SERVICES_NOT_PERMITTED", "KEYWORD_GROOMING_SEXUAL_ENTICEMENT_MINORS", "KEYWORD_HATE_SPEECH",
	"KEYWORD_HIDDEN_ADVERTISEMENT", "KEYWORD_HUMAN_EXPLOITATION", "KEYWORD_HUMAN_TRAFFICKING", "KEYWORD_ILLEGAL_ORGANIZATIONS",
	"KEYWORD_IMPERSONATION_ACCOUNT_HIJACKING", "KEYWORD_INAUTHENTIC_ACCOUNTS", "KEYWORD_INAUTHENTIC_LISTINGS",
	"KEYWORD_INAUTHENTIC_USER_REVIEWS", "KEYWORD_INCITEMENT_AGAINST_WOMEN", "KEYWORD_INCITEMENT_VIOLENCE_HATRED",
	"KEYWORD_INSUFFICIENT_INFORMATION_ON_TRADERS", "KEYWORD_LANGUAGE_REQUIREMENTS", "KEYWORD_MISINFORMATION_DISINFORMATION",
	"KEYWORD_MISLEADING_INFO_CONSUMER_RIGHTS", "KEYWORD_MISLEADING_INFO_GOODS_SERVICES", "KEYWORD_MISSING_PROCESSING_GROUND",
	"KEYWORD_NONCOMPLIANCE_PRICING", "KEYWORD_NON_CONSENSUAL_IMAGE_SHARING", "KEYWORD_NON_CONSENSUAL_IMAGE_SHARING_AGAINST_WOMEN",
	"KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE", "KEYWORD_NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN", "KEYWORD_NUDITY", "KEYWORD_OTHER",
	"KEYWORD_PATENT_INFRINGEMENT", "KEYWORD_PHISHING", "KEYWORD_PROHIBITED_PRODUCTS", "KEYWORD_PYRAMID_SCHEMES",
	"KEYWORD_RIGHT_TO_BE_FORGOTTEN", "KEYWORD_RISK_ENVIRONMENTAL_DAMAGE", "KEYWORD_RISK_PUBLIC_HEALTH", "KEYWORD_SELF_MUTILATION",
	"KEYWORD_STALKING", "KEYWORD_SUICIDE", "KEYWORD_TERRORIST_CONTENT", "KEYWORD_TRADEMARK_INFRINGEMENT", "KEYWORD_TRADE_SECRET_INFRINGEMENT",
	"KEYWORD_TRAFFICKING_WOMEN_GIRLS", "KEYWORD_UNLAWFUL_SALE_ANIMALS", "KEYWORD_UNSAFE_CHALLENGES", "KEYWORD_UNSAFE_PRODUCTS",
	"KEYWORD_VIOLATION_EU_LAW", "KEYWORD_VIOLATION_NATIONAL_LAW",
}

var (
	visibilities = []string{
		"DECISION_VISIBILITY_CONTENT_REMOVED", "DECISION_VISIBILITY_CONTENT_DISABLED", "DECISION_VISIBILITY_CONTENT_DEMOTED",
		"DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED", "DECISION_VISIBILITY_CONTENT_INTERACTION_RESTRICTED",
		"DECISION_VISIBILITY_CONTENT_LABELLED", "DECISION_VISIBILITY_OTHER",
	}
	monetaries = []string{"DECISION_MONETARY_SUSPENSION", "DECISION_MONETARY_TERMINATION", "DECISION_MONETARY_OTHER"}
	provisions = []string{
		"DECISION_PROVISION_PARTIAL_SUSPENSION", "DECISION_PROVISION_TOTAL_SUSPENSION", "DECISION_PROVISION_PARTIAL_TERMINATION",
		"DECISION_PROVISION_TOTAL_TERMINATION",
	}
	accounts     = []string{"DECISION_ACCOUNT_SUSPENDED", "DECISION_ACCOUNT_TERMINATED"}
	contentKinds = []string{
		"CONTENT_TYPE_APP", "CONTENT_TYPE_AUDIO", "CONTENT_TYPE_IMAGE", "CONTENT_TYPE_PRODUCT", "CONTENT_TYPE_SYNTHETIC_MEDIA",
		"CONTENT_TYPE_TEXT", "CONTENT_TYPE_VIDEO", "CONTENT_TYPE_OTHER",
	}
	sources    = []string{"SOURCE_ARTICLE_16", "SOURCE_TRUSTED_FLAGGER", "SOURCE_TYPE_OTHER_NOTIFICATION", "SOURCE_VOLUNTARY"}
	automatics = []string{"AUTOMATED_DECISION_FULLY", "AUTOMATED_DECISION_PARTIALLY", "AUTOMATED_DECISION_NOT_AUTOMATED"}
	puid       = regexp.MustCompile(`^[a-zA-Z0-9-_]+$`)
)

// Check holds a statement against the database's rules for what it takes
// (StatementStoreRequest.rules). The error says which field.
func Check(s *deskapi.Statement) error {
	for _, rule := range []struct {
		field string
		ok    bool
	}{
		{"decision_visibility", within(s.Visibility, visibilities)},
		{"decision_visibility_other", (s.VisibilityOther != "") == slices.Contains(s.Visibility, "DECISION_VISIBILITY_OTHER") && len(s.VisibilityOther) <= 500},
		{"decision_monetary", s.Monetary == "" || slices.Contains(monetaries, s.Monetary)},
		{"decision_monetary_other", (s.MonetaryOther != "") == (s.Monetary == "DECISION_MONETARY_OTHER") && len(s.MonetaryOther) <= 500},
		{"decision_provision", s.Provision == "" || slices.Contains(provisions, s.Provision)},
		{"decision_account", s.Account == "" || slices.Contains(accounts, s.Account)},
		{"decision_visibility", len(s.Visibility) > 0 || s.Monetary != "" || s.Provision != "" || s.Account != ""},
		{"account_type", s.AccountType == "" || s.AccountType == "ACCOUNT_TYPE_PRIVATE" || s.AccountType == "ACCOUNT_TYPE_BUSINESS"},
		{"category", slices.Contains(Categories, s.Category)},
		{"category_addition", within(s.CategoryAddition, Categories)},
		{"category_specification", within(s.Specification, Keywords)},
		{"category_specification_other", len(s.SpecificationOther) <= 500},
		{"content_type_other", (s.ContentTypeOther != "") == slices.Contains(s.ContentType, "CONTENT_TYPE_OTHER") && len(s.ContentTypeOther) <= 500},
		{"content_type", len(s.ContentType) > 0 && within(s.ContentType, contentKinds)},
		{"decision_ground", checkGround(s)},
		{"decision_ground_reference_url", len(s.GroundURL) <= 500 && (s.GroundURL == "" || isURL(s.GroundURL))},
		{"territorial_scope", within(s.TerritorialScope, Countries)},
		{"content_language", s.ContentLanguage == "" || slices.Contains(Languages, s.ContentLanguage)},
		{"content_date", dated(s.ContentDate, 2000)},
		{"application_date", dated(s.ApplicationDate, 2020)},
		{"end_date_account_restriction", s.EndAccount == "" || dated(s.EndAccount, 0)},
		{"end_date_monetary_restriction", s.EndMonetary == "" || dated(s.EndMonetary, 0)},
		{"end_date_service_restriction", s.EndService == "" || dated(s.EndService, 0)},
		{"end_date_visibility_restriction", s.EndVisibility == "" || dated(s.EndVisibility, 0)},
		{"decision_facts", s.Facts != "" && len(s.Facts) <= 5000},
		{"source_type", slices.Contains(sources, s.SourceType)},
		{"source_identity", len(s.SourceIdentity) <= 500 && (s.SourceIdentity == "" || s.SourceType != "SOURCE_VOLUNTARY")},
		{"automated_detection", s.AutomatedDetection == "Yes" || s.AutomatedDetection == "No"},
		{"automated_decision", slices.Contains(automatics, s.AutomatedDecision)},
		{"puid", len(s.PlatformIdentifier) <= 500 && puid.MatchString(s.PlatformIdentifier)},
	} {
		if !rule.ok {
			return wrong("The statement's " + rule.field + " isn't what the database takes.")
		}
	}
	return nil
}

func checkGround(s *deskapi.Statement) bool {
	illegal := s.IllegalGround != "" && len(s.IllegalGround) <= 500 && s.IllegalExplanation != "" && len(s.IllegalExplanation) <= 2000
	terms := s.TermsGround != "" && len(s.TermsGround) <= 500 && s.TermsExplanation != "" && len(s.TermsExplanation) <= 2000
	switch s.Ground {
	case "DECISION_GROUND_ILLEGAL_CONTENT":
		return illegal && s.TermsGround+s.TermsExplanation+s.TermsIllegal == ""
	case "DECISION_GROUND_INCOMPATIBLE_CONTENT":
		return terms && s.IllegalGround+s.IllegalExplanation == "" && slices.Contains([]string{"", "Yes", "No"}, s.TermsIllegal)
	}
	return false
}

func within(all, allowed []string) bool {
	for _, v := range all {
		if !slices.Contains(allowed, v) {
			return false
		}
	}
	return true
}

// dated: YYYY-MM-DD, from the year's first day to 2038-01-01.
func dated(s string, year int) bool {
	t, err := time.Parse(time.DateOnly, s)
	return err == nil && t.Year() >= year && !t.After(time.Date(2038, 1, 1, 0, 0, 0, 0, time.UTC))
}

func isURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}
