package chat

import (
	"slices"
	"strings"
	"testing"

	"parley/wire"
)

// Where the platform asks for a person, the screen says so, takes the answer, and loses nothing of what was written.
func TestCaptcha(t *testing.T) {
	c := newMemory()
	c.add(bob)
	s := start(t, c)
	s.press("enter")
	s.press("ctrl+p")
	s.hides("in a browser")

	c.page, c.fail = "https://who.example/check?site=7", &wire.Error{Code: wire.CodeChallenge}
	s.write("a word")
	s.press("enter")
	s.shows("> a word", "! The platform asks if you are a person")
	s.press("ctrl+p")
	s.shows("https://who.example/check?site=7")
	s.write("pear")
	s.press("enter")
	s.shows("> a word", "Ctrl+P: answer")
	s.press("ctrl+p", "ctrl+p")
	s.write("quince")
	s.press("enter")
	s.shows("> a word", "! Answered")
	s.hides("Ctrl+P")
	s.press("enter")
	s.shows("you: a word " + signSent)
	if want := []string{"pear", "quince"}; !slices.Equal(c.answered, want) {
		t.Errorf("answers %q, want %q", c.answered, want)
	}
}

// What a server names is shown only if a browser may be led there.
func TestCaptchaPage(t *testing.T) {
	for _, good := range []string{"https://who.example/check?site=7", "http://127.0.0.1:8000/check", "http://localhost/x"} {
		if got := CaptchaPage(good); got != good {
			t.Errorf("%q: got %q", good, got)
		}
	}
	for _, bad := range []string{
		"", "who.example", "javascript:alert(1)", "http://who.example/", "https://", "https://a:b@who.example/", "file:///etc/passwd", "https://who.example/\x1b[2J",
		"https://who.example/\u202egpj.exe", "https://who.example/a b\nc", "https://who.example/" + strings.Repeat("x", maxPage),
	} {
		if got := CaptchaPage(bad); got != "" {
			t.Errorf("%q: got %q, want nothing", bad, got)
		}
	}
}
