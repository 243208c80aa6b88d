package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// What is printed for scripts says nothing to the terminal of who looks at it, and is the same text.
func TestPrintJSON(t *testing.T) {
	for text, want := range map[string]string{
		"plain <&> \"x\"":                 `"plain <&> \"x\""`,
		"\x1b[2J\u009b31m\x7f\u0085\r":    `"\u001b[2J\u009b31m\u007f\u0085\r"`,
		"\u202egnp.exe\u2066\u200b\ufeff": `"\u202egnp.exe\u2066\u200b\ufeff"`,
		"\U000e0041":                      `"\udb40\udc41"`,
		"👩\u200d👧 می\u200cخواهم 日本語 é":    `"👩` + "\u200d" + `👧 می` + "\u200c" + `خواهم 日本語 é"`,
	} {
		var out bytes.Buffer
		if err := printJSON(&out, text); err != nil {
			t.Fatal(err)
		}
		var back string
		if err := json.Unmarshal(out.Bytes(), &back); err != nil || back != text {
			t.Errorf("%q comes back as %q, %v", text, back, err)
		}
		if got := out.String(); !strings.EqualFold(got, want+"\n") {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
