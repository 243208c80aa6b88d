package statement

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"parley/desk/deskapi"
)

func reasons() deskapi.Reasons {
	return deskapi.Reasons{Ground: deskapi.GroundTerms, Rule: "Terms, 4.2", Explanation: "Threats are not allowed.", Facts: "Threats in a conversation."}
}

func input(kind deskapi.DecisionKind) Input {
	return Input{
		Decision: "d-abc", Kind: kind, Category: deskapi.Harassment, Reasons: reasons(), SentMS: 1767225600000, AtMS: 1767312000000,
		UntilMS: 1767916800000, Text: true,
	}
}

// Each decision gives a statement that the database takes, with the fields that are
// required of it.
func TestMake(t *testing.T) {
	for kind, want := range map[deskapi.DecisionKind]map[string]any{
		deskapi.Warn:    {"decision_visibility_other": "Warning; nothing was restricted"},
		deskapi.Limit:   {"decision_provision": "DECISION_PROVISION_PARTIAL_SUSPENSION", "end_date_service_restriction": "2026-01-09"},
		deskapi.Suspend: {"decision_account": "DECISION_ACCOUNT_SUSPENDED", "end_date_account_restriction": "2026-01-09"},
		deskapi.Remove:  {},
	} {
		in := input(kind)
		in.Types = []string{"image/png", "video/mp4", "image/jpeg"}
		s, err := Make(in)
		if err != nil {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		raw, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(raw, &got); err != nil {
			t.Fatal(err)
		}
		for _, required := range []string{
			"decision_ground", "content_type", "category", "content_date", "application_date", "decision_facts", "source_type",
			"automated_detection", "automated_decision", "puid", "incompatible_content_ground", "incompatible_content_explanation",
		} {
			if got[required] == nil {
				t.Errorf("%s: lacks %s", kind, required)
			}
		}
		for field, value := range want {
			if got[field] != value {
				t.Errorf("%s: %s is %v, want %v", kind, field, got[field], value)
			}
		}
		types := []string{"CONTENT_TYPE_IMAGE", "CONTENT_TYPE_TEXT", "CONTENT_TYPE_VIDEO"}
		if kind == deskapi.Remove {
			types = slices.Delete(types, 1, 2)
		}
		if !slices.Equal(s.ContentType, types) || s.ContentDate != "2026-01-01" {
			t.Errorf("%s: content_type %q of %s, want %q", kind, s.ContentType, s.ContentDate, types)
		}
	}
}

func TestEveryCategory(t *testing.T) {
	for _, c := range []deskapi.Category{
		deskapi.ChildSafety, deskapi.SelfHarm, deskapi.Terror, deskapi.SexualContent, deskapi.Harassment, deskapi.Scam, deskapi.OtherCategory,
	} {
		in := input(deskapi.Suspend)
		in.Category = c
		if s, err := Make(in); err != nil || s.Category != categories[c] || s.Category == "" {
			t.Errorf("%s: %+v, %v", c, s, err)
		}
	}
}

func TestMakeRefuses(t *testing.T) {
	for name, change := range map[string]func(*Input){
		"no ground":     func(in *Input) { in.Reasons.Ground = "" },
		"no rule":       func(in *Input) { in.Reasons.Rule = "" },
		"a long rule":   func(in *Input) { in.Reasons.Rule = strings.Repeat("x", 501) },
		"no why":        func(in *Input) { in.Reasons.Explanation = "" },
		"a long why":    func(in *Input) { in.Reasons.Explanation = strings.Repeat("x", 2001) },
		"no facts":      func(in *Input) { in.Reasons.Facts = "" },
		"long facts":    func(in *Input) { in.Reasons.Facts = strings.Repeat("x", 4001) },
		"a script":      func(in *Input) { in.Reasons.RuleURL = "javascript:alert(1)" },
		"a category":    func(in *Input) { in.Reasons.Category = "OTHER" },
		"a language":    func(in *Input) { in.Reasons.Language = "en" },
		"a keyword":     func(in *Input) { in.Reasons.Keywords = []string{"KEYWORD_NONE"} },
		"bytes":         func(in *Input) { in.Reasons.Facts = "\xff" },
		"no such name":  func(in *Input) { in.Decision = "a b" },
		"beyond 2038":   func(in *Input) { in.UntilMS = 4102444800000 },
		"a dismissal":   func(in *Input) { in.Kind = deskapi.Dismiss },
		"before it was": func(in *Input) { in.SentMS = 0 },
	} {
		in := input(deskapi.Suspend)
		change(&in)
		if _, err := Make(in); !errors.Is(err, ErrReasons) {
			t.Errorf("%s: %v, want ErrReasons", name, err)
		}
	}
}

// A statement has each field that the database takes (the names of
// StatementStoreRequest.rules) and no other, but for those that name a product.
func TestFields(t *testing.T) {
	want := []string{
		"account_type", "application_date", "automated_decision", "automated_detection", "category", "category_addition",
		"category_specification", "category_specification_other", "content_date", "content_id", "content_id.EAN-13", "content_id_ean",
		"content_language", "content_type", "content_type_other", "decision_account", "decision_facts", "decision_ground",
		"decision_ground_reference_url", "decision_monetary", "decision_monetary_other", "decision_provision", "decision_visibility",
		"decision_visibility_other", "end_date_account_restriction", "end_date_monetary_restriction", "end_date_service_restriction",
		"end_date_visibility_restriction", "illegal_content_explanation", "illegal_content_legal_ground", "incompatible_content_explanation",
		"incompatible_content_ground", "incompatible_content_illegal", "puid", "source_identity", "source_type", "territorial_scope",
	}
	want = slices.DeleteFunc(want, func(f string) bool { return strings.HasPrefix(f, "content_id") })
	var got []string
	for f := range reflect.TypeFor[deskapi.Statement]().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		got = append(got, name)
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("the fields are\n%q, want\n%q", got, want)
	}
}

// Each rule of the database's is held: a statement that breaks one isn't made.
func TestCheck(t *testing.T) {
	long := strings.Repeat("x", 501)
	for name, change := range map[string]func(*deskapi.Statement){
		"decision_visibility":             func(s *deskapi.Statement) { s.Visibility = []string{"DECISION_VISIBILITY_NONE"} },
		"decision_visibility_other":       func(s *deskapi.Statement) { s.VisibilityOther = "x" },
		"decision_monetary":               func(s *deskapi.Statement) { s.Monetary = "x" },
		"decision_monetary_other":         func(s *deskapi.Statement) { s.Monetary = "DECISION_MONETARY_OTHER" },
		"decision_provision":              func(s *deskapi.Statement) { s.Provision = "x" },
		"decision_account":                func(s *deskapi.Statement) { s.Account = "x" },
		"account_type":                    func(s *deskapi.Statement) { s.AccountType = "x" },
		"category":                        func(s *deskapi.Statement) { s.Category = "" },
		"category_addition":               func(s *deskapi.Statement) { s.CategoryAddition = []string{"x"} },
		"category_specification":          func(s *deskapi.Statement) { s.Specification = []string{"x"} },
		"category_specification_other":    func(s *deskapi.Statement) { s.SpecificationOther = long },
		"content_type":                    func(s *deskapi.Statement) { s.ContentType = nil },
		"content_type_other":              func(s *deskapi.Statement) { s.ContentType = []string{"CONTENT_TYPE_OTHER"} },
		"decision_ground":                 func(s *deskapi.Statement) { s.IllegalGround = "both" },
		"decision_ground_reference_url":   func(s *deskapi.Statement) { s.GroundURL = "x" },
		"territorial_scope":               func(s *deskapi.Statement) { s.TerritorialScope = []string{"EU"} },
		"content_language":                func(s *deskapi.Statement) { s.ContentLanguage = "ENG" },
		"content_date":                    func(s *deskapi.Statement) { s.ContentDate = "1999-12-31" },
		"application_date":                func(s *deskapi.Statement) { s.ApplicationDate = "2019-12-31" },
		"end_date_account_restriction":    func(s *deskapi.Statement) { s.EndAccount = "2038-01-02" },
		"end_date_monetary_restriction":   func(s *deskapi.Statement) { s.EndMonetary = "x" },
		"end_date_service_restriction":    func(s *deskapi.Statement) { s.EndService = "1.1.2027" },
		"end_date_visibility_restriction": func(s *deskapi.Statement) { s.EndVisibility = "x" },
		"decision_facts":                  func(s *deskapi.Statement) { s.Facts = "" },
		"source_type":                     func(s *deskapi.Statement) { s.SourceType = "" },
		"source_identity":                 func(s *deskapi.Statement) { s.SourceIdentity = long },
		"automated_detection":             func(s *deskapi.Statement) { s.AutomatedDetection = "" },
		"automated_decision":              func(s *deskapi.Statement) { s.AutomatedDecision = "Yes" },
		"puid":                            func(s *deskapi.Statement) { s.PlatformIdentifier = "a\n" },
	} {
		s, err := Make(input(deskapi.Suspend))
		if err != nil {
			t.Fatal(err)
		}
		change(s)
		if err := Check(s); err == nil || !strings.Contains(err.Error(), name+" ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What only the platform and who decides know is written as they say it, and left out
// where they don't.
func TestWhereAndInWhat(t *testing.T) {
	in := input(deskapi.Suspend)
	s, err := Make(in)
	if err != nil || s.TerritorialScope != nil || s.ContentLanguage != "" || s.AccountType != "" || s.TermsIllegal != "" {
		t.Errorf("nobody said where, in what, whose and whether: %+v, %v", s, err)
	}
	if in.Platform, err = NewPlatform([]string{"NO", "DE", "NO"}, "private"); err != nil {
		t.Fatal(err)
	}
	in.Reasons.Language, in.Reasons.Illegal = "AR", true
	s, err = Make(in)
	if err != nil || !slices.Equal(s.TerritorialScope, []string{"DE", "NO"}) || s.ContentLanguage != "AR" || s.AccountType != "ACCOUNT_TYPE_PRIVATE" || s.TermsIllegal != "Yes" {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestNewPlatform(t *testing.T) {
	for place, want := range map[string]int{"EU": 27, "EEA": 30, "GR": 1} {
		if p, err := NewPlatform([]string{place}, "business"); err != nil || len(p.Territory) != want || p.AccountType != "ACCOUNT_TYPE_BUSINESS" {
			t.Errorf("%s: %+v, %v; want %d countries", place, p, err, want)
		}
	}
	for _, bad := range []string{"", "de", "EL", "CH", "UK", "Germany"} {
		if _, err := NewPlatform([]string{bad}, ""); err == nil {
			t.Errorf("%q is taken for a country of the EEA", bad)
		}
	}
	if _, err := NewPlatform(nil, "ACCOUNT_TYPE_PRIVATE"); err == nil {
		t.Error("a type of account that isn't one is taken")
	}
}

// A file that is neither picture, sound nor video isn't said to be text; nor is what a
// report calls "other", decided by the law, said to be against the terms.
func TestOthers(t *testing.T) {
	in := input(deskapi.Remove)
	in.Types, in.Category, in.Reasons.Ground = []string{"application/pdf"}, deskapi.OtherCategory, deskapi.GroundIllegal
	s, err := Make(in)
	if err != nil || !slices.Equal(s.ContentType, []string{"CONTENT_TYPE_OTHER"}) || s.ContentTypeOther == "" || s.Category != "STATEMENT_CATEGORY_NOT_SPECIFIED_NOTICE" {
		t.Errorf("%+v, %v", s, err)
	}
	in.Reasons.Ground = deskapi.GroundTerms
	if s, err = Make(in); err != nil || s.Category != "STATEMENT_CATEGORY_OTHER_VIOLATION_TC" {
		t.Errorf("%+v, %v", s, err)
	}
}

// The page offers only names that the database has.
func TestPageNames(t *testing.T) {
	page, err := os.ReadFile("../../web/desk/statement.ts")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, name := range slices.Concat(Categories, Keywords) {
		known[strings.TrimPrefix(strings.TrimPrefix(name, "STATEMENT_CATEGORY_"), "KEYWORD_")] = true
	}
	for _, name := range Languages {
		known[name] = true
	}
	n := 0
	for _, quoted := range regexp.MustCompile(`"[A-Z_ ]{2,}"`).FindAllString(string(page), -1) {
		for _, name := range strings.Fields(strings.Trim(quoted, `"`)) {
			if n++; !known[name] {
				t.Errorf("the page offers %s", name)
			}
		}
	}
	if n < 200 {
		t.Errorf("%d names on the page; want those of categories, keywords and languages", n)
	}
}
