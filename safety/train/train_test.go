package train

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"parley/safety"
)

// made is the model, learned once for all tests.
var made = sync.OnceValues(func() (*learned, error) {
	data, figures, err := Model()
	if err != nil {
		return nil, err
	}
	m, err := safety.ParseModel(data)
	return &learned{data, m, figures}, err
})

type learned struct {
	data    []byte
	model   *safety.Model
	figures []Figures
}

func model(t *testing.T) *learned {
	t.Helper()
	m, err := made()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The model is small, the same each time, and shows only what was right on texts written
// apart.
func TestModel(t *testing.T) {
	m := model(t)
	again, _, err := Model()
	if err != nil || !bytes.Equal(again, m.data) {
		t.Errorf("made again it is another one (%v)", err)
	}
	if len(m.data) > safety.MaxModel {
		t.Errorf("%d bytes; want at most %d", len(m.data), safety.MaxModel)
	}
	held := judgedBy(t)
	for _, f := range m.figures {
		t.Log(f)
		shown := count(f.Class, held, func(text string) bool { return looks(m.model.Looks(text), f.Class) }).Found
		if f.On() && shown != f.Found || !f.On() && shown != 0 {
			t.Errorf("%s: shown %d times, found %d times", f.Class, shown, f.Found)
		}
	}
	for _, text := range []string{"", "ok", "see you there", "你好", "https://example.org/x", "http://192.0.2.7/quince7marmalade", "look at this https://example.net/a1b2", "https://video.example/watch?v=1 this one is great"} {
		if got := m.model.Looks(text); len(got) > 0 {
			t.Errorf("%q looks like %v", text, got)
		}
	}
}

// judgedBy returns the texts to judge by.
func judgedBy(t *testing.T) []text {
	t.Helper()
	known, err := read("templates", true)
	if err != nil {
		t.Fatal(err)
	}
	held, err := heldOut(known)
	if err != nil {
		t.Fatal(err)
	}
	return held
}

func looks(all []safety.Class, class safety.Class) bool {
	for _, c := range all {
		if c == class {
			return true
		}
	}
	return false
}

// What isn't right often enough, wasn't found often enough, or was found in ordinary texts, is off.
func TestOff(t *testing.T) {
	good := Figures{Found: 40, Right: 38, Of: 50, Alarms: 2, Ordinary: 300}
	if !good.On() {
		t.Errorf("%v is off", good)
	}
	for name, change := range map[string]func(f *Figures){
		"wrong":    func(f *Figures) { f.Right = 35 },
		"few":      func(f *Figures) { f.Found, f.Right = 29, 29 },
		"ordinary": func(f *Figures) { f.Alarms = 4 },
		"nothing":  func(f *Figures) { *f = Figures{} },
	} {
		f := good
		if change(&f); f.On() {
			t.Errorf("%s: %v is on", name, f)
		}
	}
	if s := good.String(); !strings.Contains(s, "synthetic only") {
		t.Errorf("%q doesn't say what the figures are of", s)
	}
}

// Texts that are like one that was learned from aren't judged by; they are few.
func TestApart(t *testing.T) {
	known := []text{{raw: "I will send it to all your friends"}, {raw: "see you"}}
	for raw, want := range map[string]int{
		"See you!":                    0,
		"I will send it to my mother": 0, // four of its five runs
		"we will send it on monday":   1,
		"see you there":               1,
	} {
		if got := apart([]text{{raw: raw}}, known); len(got) != want {
			t.Errorf("%q: %d left; want %d", raw, len(got), want)
		}
	}
	all, err := read("templates", true)
	if err != nil {
		t.Fatal(err)
	}
	held, err := read("heldout", false)
	if err != nil {
		t.Fatal(err)
	}
	left := apart(held, all)
	t.Logf("%d of %d texts are judged by", len(left), len(held))
	if len(left)*20 < len(held)*19 {
		t.Errorf("only %d of %d texts to judge by are apart from those to learn from", len(left), len(held))
	}
}

// Choices are filled from the inside, and what can't be filled is an error.
func TestFill(t *testing.T) {
	f, err := newFiller("templates/en")
	if err != nil {
		t.Fatal(err)
	}
	f.words = map[string][]string{"one": {"1 {two}"}, "two": {"2"}, "round": {"{round}"}}
	for line, want := range map[string]string{"a {one}{|} b": "a 1 2 b", "{{two}|2}": "2", "plain": "plain"} {
		if got, err := f.fill(line); err != nil || got != want {
			t.Errorf("%q: %q, %v; want %q", line, got, err, want)
		}
	}
	for _, line := range []string{"{unknown}", "{round}", "} {"} {
		if got, err := f.fill(line); err == nil {
			t.Errorf("%q: %q; want an error", line, got)
		}
	}
}
