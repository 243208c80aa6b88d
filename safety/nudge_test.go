package safety

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
)

func classesOf(nudges []Nudge) string {
	var all []string
	for _, n := range nudges {
		all = append(all, string(n.Class))
	}
	return strings.Join(all, " ")
}

func TestRules(t *testing.T) {
	for text, want := range map[string]string{
		"Send $200 or I POST your nudes, I will show everyone":      "sextortion",
		"i screen recorded you. Pay me or else":                     "sextortion",
		"send nudes":                                                "sextortion",
		"sеnd nudеs":                                                "sextortion", // Cyrillic letters
		"seeeend me nudes!!!":                                       "",           // two of a letter stay
		"Please tell me the verification code that you just got":    "scam",
		"buy three Google Play cards and send a photo of the codes": "scam",
		"double your bitcoin today":                                 "scam",
		"You've won! Pay the shipping to claim your prize":          "scam",
		"just kill yourself":                                        "harassment",
		"I know where you live, better be scared":                   "harassment",
		"I know where you live, I bring the cake":                   "",
		"someone wrote kill yourself under her video":               "",
		"he says send me the code you received, is it a scam?":      "",
		"I posted your pictures of the trip, do you like them?":     "",
		"the bank's verification code never came":                   "",
		"did you buy the gift card for grandma yet?":                "",
		"you won the match, congratulations":                        "",
		"":                                                          "",
		strings.Repeat("ok ", 5000) + "kill yourself":               "", // behind what is looked at
	} {
		if got := classesOf(Nudges(text, nil, "")); got != want {
			t.Errorf("%.60q: %q; want %q", text, got, want)
		}
	}
}

// Letters that are drawn or hidden otherwise are read as people read them.
func TestDisguised(t *testing.T) {
	for _, text := range []string{
		"send nudes", "s\u200bend nu\u00addes", "ｓｅｎｄ ｎｕｄｅｓ", "𝐬𝐞𝐧𝐝 𝓷𝓾𝓭𝓮𝓼", "s3nd nud3s", "$end nudes, send nud€s, send n_u send nudes", "SEND\u202e NUDES",
		"send\u0301 nude\u0301s", "ѕеnd nudеѕ", "أرسلي صورة عارية", "ارسلي صـــورة عـارية", "اَرْسِلي صورة عارية",
	} {
		if got := classesOf(Nudges(text, nil, "")); got != "sextortion" {
			t.Errorf("%q is read as %q: %q", text, normal(text), got)
		}
	}
}

// The worst comes first, whatever found it.
func TestWorstFirst(t *testing.T) {
	m, err := ParseModel(oneWord("jackpot", true))
	if err != nil {
		t.Fatal(err)
	}
	if got := classesOf(Nudges("send nudes or kill yourself, jackpot", m, "")); got != "sextortion harassment scam" {
		t.Errorf("%q", got)
	}
}

// Help comes with blackmail, of the person's region first.
func TestHelp(t *testing.T) {
	n := Nudges("send nudes", nil, "GB")
	if len(n) != 1 || len(n[0].Help) != len(byRegion["GB"])+len(everywhere) || n[0].Help[0] != byRegion["GB"][0] {
		t.Errorf("in GB: %+v", n)
	}
	if n := Nudges("send nudes", nil, "XX"); len(n) != 1 || len(n[0].Help) != len(everywhere) {
		t.Errorf("where nobody is known: %+v", n)
	}
	if n := Nudges("kill yourself", nil, "GB"); len(n) != 1 || n[0].Help != nil {
		t.Errorf("harassment: %+v", n)
	}
	for region, lines := range byRegion {
		for _, l := range lines {
			if l.Name == "" || !strings.HasPrefix(l.URL, "https://") {
				t.Errorf("%s: %+v", region, l)
			}
		}
	}
}

// A model of one class that finds one word.
func oneWord(word string, on bool) []byte {
	data := append([]byte(ModelMagic), minBits, 1, 4)
	data = append(data, "scam"...)
	if on {
		data = append(data, 1)
	} else {
		data = append(data, 0)
	}
	for _, x := range []float32{1, 1, -10, 0.5} {
		data = binary.BigEndian.AppendUint32(data, math.Float32bits(x))
	}
	weights := make([]byte, 1<<minBits)
	weights[bucket("w", word, "", minBits)] = 100
	return append(data, weights...)
}

func TestModel(t *testing.T) {
	m, err := ParseModel(oneWord("jackpot", true))
	if err != nil {
		t.Fatal(err)
	}
	if got := classesOf(Nudges("now a JACKPOT waits", m, "")); got != "scam" {
		t.Errorf("found %q; want scam", got)
	}
	if got := classesOf(Nudges("", m, "")); got != "" {
		t.Errorf("found %q in nothing", got)
	}
	m, err = ParseModel(oneWord("jackpot", false))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Looks("now a jackpot waits"); got != nil || !m.Finds("now a jackpot waits", Scam) {
		t.Errorf("a class that isn't on is shown: %v", got)
	}
}

func TestModelRefused(t *testing.T) {
	data := oneWord("x", true)
	for i := range data {
		if _, err := ParseModel(data[:i]); err != ErrModel {
			t.Errorf("cut at %d: %v", i, err)
		}
	}
	if _, err := ParseModel(append(data, 0)); err != ErrModel {
		t.Errorf("something behind it: %v", err)
	}
	nan := append([]byte(nil), data...)
	binary.BigEndian.PutUint32(nan[12:], math.Float32bits(float32(math.NaN())))
	if _, err := ParseModel(nan); err != ErrModel {
		t.Errorf("no number: %v", err)
	}
}

func FuzzParseModel(f *testing.F) {
	f.Add(oneWord("x", true), "x")
	f.Fuzz(func(t *testing.T, data []byte, text string) {
		if m, err := ParseModel(data); err == nil {
			m.Looks(text)
		}
	})
}
