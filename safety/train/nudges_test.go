package train

import (
	"io/fs"
	"slices"
	"testing"

	"parley/safety"
)

// What a person is shown, which is what the rules or the model find, is right as often as it has to
// be; so are the rules alone.
func TestNudges(t *testing.T) {
	m, held := model(t), judgedBy(t)
	for _, class := range classes {
		shown := func(m *safety.Model) func(string) bool {
			return func(text string) bool {
				return slices.ContainsFunc(safety.Nudges(text, m, ""), func(n safety.Nudge) bool { return n.Class == class })
			}
		}
		rules, both := count(class, held, shown(nil)), count(class, held, shown(m.model))
		t.Logf("rules: %v", rules)
		t.Logf("rules and model: %v", both)
		if !both.On() || rules.Precision() < Shown {
			t.Errorf("%s is shown though it is wrong too often", class)
		}
	}
}

// Ordinary texts of another kind, written after all else: alarms are few.
func TestEveryday(t *testing.T) {
	m := model(t)
	files, err := fs.Glob(texts, "everyday/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	alarms, all := 0, 0
	for _, file := range files {
		lines, err := linesOf(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range lines {
			all++
			if n := safety.Nudges(line, m.model, ""); len(n) > 0 {
				alarms++
				t.Logf("%q: %v", line, n[0].Class)
			}
		}
	}
	_, worst := interval(alarms, all)
	t.Logf("alarms on %d of %d ordinary texts (95%%: up to %.1f%%) (synthetic only)", alarms, all, 100*worst)
	if float64(alarms) > Alarms*float64(all) {
		t.Errorf("%d alarms on %d ordinary texts", alarms, all)
	}
}
