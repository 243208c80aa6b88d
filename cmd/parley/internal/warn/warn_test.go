package warn

import (
	"go/build"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"unicode/utf8"

	"parley/identity"
	"parley/safety"
)

func listOf(t *testing.T, entries ...string) *safety.BlockList {
	t.Helper()
	key := identity.GenerateKey()
	l, err := safety.ParseBlockList(safety.MakeBlockList(entries, 1, 0, key), key.Public(), 0)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Links are found as people write them, each with its reason; ordinary texts have no warnings.
func TestOf(t *testing.T) {
	w := &Warner{Own: []string{"example.com"}, List: listOf(t, "evil.test"), Region: "GB"}
	for text, want := range map[string]string{
		"see https://evil.test/x.":                             "listed",
		"HTTPS://EVIL.test":                                    "listed",
		"(https://evil.test)":                                  "listed",
		"https://examp1e.com/login":                            "look_alike",
		"[**bank**.test](https://a.test/)":                     "mismatch",
		"[a [bank.test] c](https://a.test/)":                   "",
		"[[bank.test]](https://a.test/)":                       "mismatch",
		"[https://bank.test](<https://a.test/>)":               "mismatch",
		"[click](https://evil.test/a_(b)) and on":              "listed",
		"https://bank.test@a.test/":                            "userinfo",
		"http://192.0.2.7/x":                                   "raw_address",
		"https://bit.ly/x https://evil.test":                   "shortener listed",
		"https://evil.test/a https://evil.test/b":              "listed",
		"pay me or else, I post your nudes":                    "sextortion",
		"pay me or else, I post your nudes https://evil.test/": "sextortion listed",
		"give me the code that you got by sms":                 "scam",
		"i know where you live and you will regret it":         "harassment",
		"see https://example.com/a and https://go.dev/doc":     "",
		"xhttps://evil.test":                                   "",
		"":                                                     "",
		"]( [](https:// http:// [x](http://)":                  "",
	} {
		var kinds []string
		for _, one := range w.Of(text, false) {
			kinds = append(kinds, one.Kind)
			if one.Text == "" || strings.Contains(one.Text, "\n") || (len(one.Help) > 0) != (one.Kind == "sextortion") {
				t.Errorf("%q: %+v", text, one)
			}
		}
		if got := strings.Join(kinds, " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := w.Of("[bank.test](https://a.test/)", true); len(got) != 0 {
		t.Errorf("a plain text: got %v, want nothing", got)
	}
	if got := w.Of("pay me or else, I post your nudes", false); !strings.Contains(strings.Join(got[0].Help, " "), "https://www.childline.org.uk/") {
		t.Errorf("the help is %q, want that of GB", got[0].Help)
	}
}

// A text full of links has few warnings, and one that is all brackets ends.
func TestMany(t *testing.T) {
	var text strings.Builder
	for _, c := range "abcdefgh" {
		text.WriteString("http://" + string(c) + ".bit.ly/ ")
	}
	got := new(Warner).Of(text.String(), false)
	if len(got) != maxWarned+1 || got[maxWarned].Text != "There are more links here that may mislead you." {
		t.Errorf("got %v, want %d and that there are more", got, maxWarned)
	}
	long := strings.Repeat("[", 50000) + strings.Repeat("](http://bit.ly/é", 50000)
	if got, more := linksIn(long, false); len(got) != maxLinks || !more {
		t.Errorf("got %d links, more: %v; want %d, and more", len(got), more, maxLinks)
	}
}

func FuzzLinks(f *testing.F) {
	f.Add("[a](https://b.test/(c)) https://d.test\xff")
	f.Add("http://\xf0\x9f [x](<HTTP://é")
	f.Fuzz(func(t *testing.T, text string) {
		links, _ := linksIn(text, false)
		for _, l := range links {
			if !strings.Contains(text, l.target) || !hasScheme(l.target+"x") || utf8.ValidString(text) && !utf8.ValidString(l.target[:min(len(l.target), maxURL-utf8.UTFMax)]) {
				t.Errorf("%q: a link to %q", text, l.target)
			}
		}
	})
}

// Each sentence is the page's.
func TestPagesWords(t *testing.T) {
	data, err := os.ReadFile("../../../../web/app/strings/en/warnings.ts")
	if err != nil {
		t.Fatal(err)
	}
	page := regexp.MustCompile(`\{(host|like)\}`).ReplaceAllString(string(data), "X")
	var ours []string
	for _, c := range classes {
		ours = append(ours, c)
	}
	for _, k := range []safety.Kind{safety.Listed, safety.LookAlike, safety.Confusable, safety.Mismatch, safety.Userinfo, safety.RawAddress, safety.Shortener, "another"} {
		ours = append(ours, reason(safety.Finding{Kind: k, Host: "X", Like: "X"}))
	}
	ours = append(ours, reason(safety.Finding{Kind: safety.Confusable}), "This link may mislead you")
	for _, text := range ours {
		if !strings.Contains(page, `"`+text+`"`) {
			t.Errorf("the page doesn't say %q", text)
		}
	}
}

func TestRegion(t *testing.T) {
	for zone, want := range map[string]string{
		"Europe/London": "GB", "America/New_York": "US", "America/Indiana/Knox": "US", "America/Toronto": "CA", "America/Sao_Paulo": "BR",
		"America/Bogota": "", "Australia/Perth": "AU", "Pacific/Honolulu": "US", "Africa/Nairobi": "", "UTC": "", "": "",
	} {
		if got := Region(zone); got != want {
			t.Errorf("%s: got %q, want %q", zone, got, want)
		}
	}
}

// Nothing of a message reaches a network: a site that it has a link to isn't asked, and the package
// can't ask, by itself or by what it uses.
func TestNoRequest(t *testing.T) {
	var asked atomic.Int64
	site := httptest.NewUnstartedServer(http.NotFoundHandler())
	site.Config.ConnState = func(net.Conn, http.ConnState) { asked.Add(1) }
	site.Start()
	defer site.Close()
	got := new(Warner).Of("pay me or else, I post your nudes: "+site.URL+"/x", false)
	if len(got) != 2 || got[1].Kind != "raw_address" {
		t.Errorf("got %v, want two warnings", got)
	}
	if n := asked.Load(); n > 0 {
		t.Errorf("%d connections to the site of a link, want none", n)
	}
	ours := regexp.MustCompile(`^parley/`)
	seen := map[string]bool{}
	var look func(dir string)
	look = func(dir string) {
		pkg, err := build.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range pkg.Imports {
			if name == "net" || strings.HasPrefix(name, "net/http") || strings.HasPrefix(name, "os") || name == "syscall" || name == "crypto/tls" || name == "plugin" || strings.HasPrefix(name, "golang.org/") {
				t.Errorf("%s imports %s", dir, name)
			}
			if below := ours.ReplaceAllString(name, "../../../../"); below != name && !seen[name] {
				seen[name] = true
				look(below)
			}
		}
	}
	look(".")
	if !seen["parley/safety"] {
		t.Error("what finds isn't looked at")
	}
}

// Attack: a bad link behind more ordinary ones than are looked at. That not all were looked at is said.
func TestBehindMany(t *testing.T) {
	w := &Warner{List: listOf(t, "evil.test")}
	ordinary := strings.Repeat("http://a.test ", maxLinks)
	got := w.Of(ordinary+"http://evil.test", false)
	if len(got) != 1 || got[0].Kind != ManyLinks || got[0].Text != "There are more links here than can be looked at." {
		t.Errorf("behind %d links: got %+v, want that there are more", maxLinks, got)
	}
	if got := w.Of(ordinary, false); len(got) != 0 {
		t.Errorf("%d ordinary links: got %+v, want nothing", maxLinks, got)
	}
	if got := w.Of("http://evil.test "+ordinary+"http://b.test", false); len(got) != 2 || got[0].Kind != "listed" || got[1].Kind != ManyLinks {
		t.Errorf("before %d links: got %+v, want both", maxLinks, got)
	}
}

// Attack: names of sites that fill the screen. A warning is a line or two, whatever it is of.
func TestLongNames(t *testing.T) {
	long := strings.Repeat("a.", 900)
	for _, text := range []string{"http://" + long + "bit.ly/", "[" + long + "bank.test](https://evil.test/)", "https://bank.test@" + long + "evil.test/", "[https://x@" + long + "bank.test](http://" + long + "bit.ly)"} {
		for _, one := range new(Warner).Of(text, false) {
			if n := utf8.RuneCountInString(one.Text); n > 700 {
				t.Errorf("%.20s…: a warning of %d letters", text, n)
			}
		}
	}
}
