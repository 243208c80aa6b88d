// Package statement writes statements of reasons with the fields of the EU's DSA
// transparency database: its API v1, as digital-services-act/transparency-database
// has it at commit 69e80a0 (changelog v1.0.1). See docs/spec/dsa-statement.md. It
// sends nothing anywhere.
package statement

import (
	"errors"
	"slices"
	"time"
	"unicode/utf8"

	"parley/desk/deskapi"
)

// An Input is what a statement is made from.
type Input struct {
	Decision string // its name: the statement's puid
	Kind     deskapi.DecisionKind
	Category deskapi.Category
	Reasons  deskapi.Reasons
	SentMS   int64    // when the newest of the messages was sent, by the server
	AtMS     int64    // when it was decided
	UntilMS  int64    // 0: without an end
	Types    []string // media types of the attachments; none: text
	Text     bool     // the messages have text too
	Platform Platform
}

// ErrReasons is returned where what a person wrote doesn't fit. The text says what.
var ErrReasons = errors.New("statement: reasons")

// A reasonsError says what to mend.
type reasonsError struct{ text string }

// Error implements error.
func (e *reasonsError) Error() string { return e.text }

// Is has errors.Is find [ErrReasons].
func (e *reasonsError) Is(target error) bool { return target == ErrReasons }

func wrong(text string) error { return &reasonsError{text} }

// Make returns the statement, or an error that is ErrReasons and says in plain
// words what of the reasons doesn't fit.
func Make(in Input) (*deskapi.Statement, error) {
	if err := checkReasons(&in.Reasons); err != nil {
		return nil, err
	}
	s := &deskapi.Statement{
		AccountType: in.Platform.AccountType, TerritorialScope: in.Platform.Territory, ContentLanguage: in.Reasons.Language, GroundURL: in.Reasons.RuleURL, ContentType: contentTypes(in),
		Category: categories[in.Category], Specification: in.Reasons.Keywords, ContentDate: date(in.SentMS), ApplicationDate: date(in.AtMS),
		Facts: in.Reasons.Facts, SourceType: "SOURCE_TYPE_OTHER_NOTIFICATION", AutomatedDetection: "No",
		AutomatedDecision: "AUTOMATED_DECISION_NOT_AUTOMATED", PlatformIdentifier: in.Decision,
	}
	if in.Reasons.Category != "" {
		s.Category = in.Reasons.Category
	} else if in.Category == deskapi.OtherCategory && in.Reasons.Ground == deskapi.GroundIllegal {
		s.Category = "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE" // that of the terms would contradict the ground
	}
	if s.Category == "" {
		s.Category = categories[deskapi.OtherCategory]
	}
	if slices.Contains(s.ContentType, "CONTENT_TYPE_OTHER") {
		s.ContentTypeOther = "File"
	}
	ground(s, &in.Reasons)
	measure(s, in)
	return s, Check(s)
}

// ground says what the decision rests on.
func ground(s *deskapi.Statement, r *deskapi.Reasons) {
	if r.Ground == deskapi.GroundIllegal {
		s.Ground, s.IllegalGround, s.IllegalExplanation = "DECISION_GROUND_ILLEGAL_CONTENT", r.Rule, r.Explanation
		return
	}
	s.Ground, s.TermsGround, s.TermsExplanation = "DECISION_GROUND_INCOMPATIBLE_CONTENT", r.Rule, r.Explanation
	if r.Illegal { // to leave it out says nothing; "No" would say what nobody has decided
		s.TermsIllegal = "Yes"
	}
}

// measure says what was done. The database has no field for a warning: it is a
// restriction of another kind, named.
func measure(s *deskapi.Statement, in Input) {
	end := ""
	if in.UntilMS > 0 {
		end = date(in.UntilMS)
	}
	switch in.Kind {
	case deskapi.Warn:
		s.Visibility, s.VisibilityOther = []string{"DECISION_VISIBILITY_OTHER"}, "Warning; nothing was restricted"
	case deskapi.Limit:
		s.Provision, s.EndService = "DECISION_PROVISION_PARTIAL_SUSPENSION", end
	case deskapi.Suspend:
		s.Account, s.EndAccount = "DECISION_ACCOUNT_SUSPENDED", end
	case deskapi.Remove:
		s.Visibility = []string{"DECISION_VISIBILITY_CONTENT_DISABLED"}
	}
}

func contentTypes(in Input) (all []string) {
	add := func(t string) {
		if !slices.Contains(all, t) {
			all = append(all, t)
		}
	}
	for _, t := range in.Types {
		switch {
		case len(t) > 6 && t[:6] == "image/":
			add("CONTENT_TYPE_IMAGE")
		case len(t) > 6 && t[:6] == "video/":
			add("CONTENT_TYPE_VIDEO")
		case len(t) > 6 && t[:6] == "audio/":
			add("CONTENT_TYPE_AUDIO")
		default:
			add("CONTENT_TYPE_OTHER")
		}
	}
	if in.Text && in.Kind != deskapi.Remove || len(all) == 0 {
		add("CONTENT_TYPE_TEXT")
	}
	slices.Sort(all)
	return all
}

func date(ms int64) string { return time.UnixMilli(ms).UTC().Format(time.DateOnly) }

// checkReasons bounds what a person writes, as the database does.
func checkReasons(r *deskapi.Reasons) error {
	switch {
	case r.Ground != deskapi.GroundIllegal && r.Ground != deskapi.GroundTerms:
		return wrong("Say whether the decision rests on the law or on the terms.")
	case !fits(r.Rule, 1, 500):
		return wrong("Name the law, or the part of the terms, in 1 to 500 characters.")
	case !fits(r.Explanation, 1, 2000):
		return wrong("Say why it applies, in 1 to 2,000 characters.")
	case !fits(r.Facts, 1, 4000): // the notice to the person has less room than the database
		return wrong("Say what happened, in 1 to 4,000 characters.")
	case !fits(r.RuleURL, 0, 500) || r.RuleURL != "" && !isURL(r.RuleURL):
		return wrong("The address of the rule isn't one.")
	case r.Language != "" && !slices.Contains(Languages, r.Language):
		return wrong("There is no such language: give two capital letters, as EN.")
	case len(r.Keywords) > 8:
		return wrong("At most 8 keywords.")
	}
	return nil
}

func fits(s string, low, high int) bool {
	return utf8.ValidString(s) && len(s) >= low && len(s) <= high
}
