package public

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestRulesAreOfDoneSections: the section that a rule is named after is in the
// table of its specification, and done.
func TestRulesAreOfDoneSections(t *testing.T) {
	status := map[string]string{}
	for prefix, table := range map[string]string{
		"": "rfc9420.tsv", "mls-extensions-": "draft-ietf-mls-extensions-10.tsv",
	} {
		b, err := os.ReadFile("../../docs/spec/" + table)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(b)) {
			if column := strings.Split(strings.TrimSpace(line), "\t"); len(column) > 1 {
				status[prefix+column[0]] = column[1]
			}
		}
	}
	named := regexp.MustCompile(`Rule = "((?:mls-extensions-)?[0-9.]+)-`)
	for _, file := range []string{"rules.go", "../rules.go"} {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		rules := named.FindAllSubmatch(b, -1)
		if got, want := len(rules), strings.Count(string(b), `Rule = "`); got != want || got == 0 {
			t.Errorf("%s: %d of %d rules begin with a section", file, got, want)
		}
		for _, m := range rules {
			if got := status[string(m[1])]; got != "done" {
				t.Errorf("%s: section %s is %q", file, m[1], got)
			}
		}
	}
}
