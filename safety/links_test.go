package safety

import (
	"fmt"
	"strings"
	"testing"

	"parley/identity"
)

var own = &Links{Own: []string{"cliptok.example", "parley.co.uk"}}

func kinds(found []Finding) string {
	var all []string
	for _, f := range found {
		s := string(f.Kind)
		if f.Like != "" {
			s += "=" + f.Like
		}
		all = append(all, s)
	}
	return strings.Join(all, " ")
}

func TestCheckLinks(t *testing.T) {
	for _, c := range []struct{ target, display, want string }{
		// what is all right
		{"https://cliptok.example/video/1", "", ""},
		{"https://www.cliptok.example/", "cliptok.example", ""},
		{"https://login.cliptok.example/", "", ""},
		{"https://en.wikipedia.org/wiki/Otter", "an article about otters", ""},
		{"https://www.example.org/a", "example.org/a", ""},
		{"https://münchen.example/", "", ""},
		{"https://xn--mnchen-3ya.example/", "https://münchen.example/", ""},
		{"https://почта.example/", "", ""},
		{"https://例え.example/", "", ""},
		{"mailto:otter@example.org", "https://bank.example", ""},
		{"https://example.org/?q=@user", "", ""},
		{"https://news.example/why-tok-clips", "", ""},
		{"https://example.org/", "version 3.5", ""},
		// the platform's name
		{"https://cl1ptok.example/", "", "look_alike=cliptok.example"},
		{"https://clipt0k.example/", "", "look_alike=cliptok.example"},
		{"https://cliptok.example.evil.test/", "", "look_alike=cliptok.example"},
		{"https://cliptok-login.test/", "", "look_alike=cliptok.example"},
		{"https://verify.clip-tok.test/", "", "look_alike=cliptok.example"},
		{"https://clitpok.test/", "", "look_alike=cliptok.example"},
		{"https://cliptoks.test/", "", "look_alike=cliptok.example"},
		{"https://сlірtоk.test/", "", "look_alike=cliptok.example"}, // Cyrillic
		{"https://pаrley.co.uk/", "", "look_alike=parley.co.uk"},
		{"https://ｃｌｉｐｔｏｋ.test/", "", "look_alike=cliptok.example"},
		// letters
		{"https://аррӏе.example/", "", "confusable=apple.example"},
		{"https://xn--80ak6aa92e.example/", "", "confusable=apple.example"},
		{"https://pаypal.example/", "", "confusable=paypal.example"},
		// texts
		{"https://evil.test/", "https://bank.example/login", "mismatch=bank.example"},
		{"https://evil.test/", "bank.example", "mismatch=bank.example"},
		{"https://evil.test/bank.example", "www.bank.example", "mismatch=www.bank.example"},
		{"https://bank.example.evil.test/", "bank.example", "mismatch=bank.example"},
		// addresses
		{"https://bank.example@evil.test/", "", "userinfo"},
		{"https://bank.example%20@evil.test/", "", "userinfo"},
		{"http://192.0.2.7/", "", "raw_address"},
		{"http://3221225991/", "", "raw_address"},
		{"http://0xc0.0x00.0x02.0x07/", "", "raw_address"},
		{"http://0300.0.2.7/", "", "raw_address"},
		{"http://[2001:db8::1]/", "", "raw_address"},
		{"http://%31%39%32.0.2.7/", "", "raw_address"},
		{"https://bit.ly/3abc", "", "shortener"},
		// as browsers read them
		{"HTTPS:\\\\evil.test\\@bank.example", "bank.example", "mismatch=bank.example"},
		{"ht\ntps://192.0.2.7/", "", "raw_address"},
		{" https:192.0.2.7", "", "raw_address"},
		{"https://u:p@192.0.2.7:8080/", "bank.example", "mismatch=bank.example userinfo raw_address"},
		// words of other languages, and names that only resemble the platform's
		{"https://метро.com/", "", ""},
		{"https://театр.com/", "", ""},
		{"https://космос.рф/", "", ""},
		{"https://парк.бел/", "", ""},
		{"https://harley.test/", "", ""}, // another first letter
		{"https://barley.test/", "", ""},
		{"https://clip.cliptik.test/", "", "look_alike=cliptok.example"},
		{"https://cliptik.blog.test/", "", ""}, // below somebody else's name
		{"https://github.test/x/README.md", "README.md", ""},
		{"https://files.test/a", "report.pdf", ""},
		{"https://files.test/a", "index.html", ""},
		{"https://nodejs.test/", "Node.js", ""},
		{"https://bank.example/", "bank.example,", ""},
		{"https://bank.example/", "(bank.example)", ""},
		{"https://shop.test/", "the shop of bank.example", ""},
		// what hides an address
		{"https://evil.test/", "README.md", "mismatch=readme.md"},
		{"https://evil.test/", "https://bank.example - the official site", "mismatch=bank.example"},
		{"https://evil.test/", "Log in at www.bank.example now", "mismatch=www.bank.example"},
		{"https://evil.test/", "bank\u200b.example", "mismatch=bank.example"},
		{"https://evil.test/", "»bank.example«", "mismatch=bank.example"},
		{"https://evil.test/", "bank。example", "mismatch=bank.example"},
		{"https://bank.example⁄login.evil.test/", "", "confusable"},
		{"https://bank.example∕a.evil.test/", "", "confusable"},
	} {
		if got := kinds(own.Check(c.target, c.display)); got != c.want {
			t.Errorf("%q shown as %q: %q; want %q", c.target, c.display, got, c.want)
		}
	}
}

// A platform of one label, of an address, or of a name in another script misleads nobody about others.
func TestOwnNames(t *testing.T) {
	for _, c := range []struct{ own, target, want string }{
		{"localhost", "https://example.org/", ""},
		{"127.0.0.1", "https://o.example.org/", ""},
		{"", "https://-.example.org/", ""},
		{"www.tok.tv", "https://www.example.org/", ""},
		{"xn--mnchenchat-9db.example", "https://munchenchat.test/", "look_alike=xn--mnchenchat-9db.example"},
		{"xn--mnchenchat-9db.example", "https://münchenchat.example/", ""},
		{"cliptok.com.br", "https://cliptok-login.test/", "look_alike=cliptok.com.br"},
	} {
		if got := kinds((&Links{Own: []string{c.own}}).Check(c.target, "")); got != c.want {
			t.Errorf("of %q, %s: %q; want %q", c.own, c.target, got, c.want)
		}
	}
}

// Two links in a million that aren't on a list of a hundred thousand would be too many.
func TestBlockListFalse(t *testing.T) {
	key := identity.GenerateKey()
	var many []string
	for i := range 100_000 {
		many = append(many, fmt.Sprintf("bad%d.test", i))
	}
	l, err := ParseBlockList(MakeBlockList(many, 1, 0, key), key.Public(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 200_000 {
		if target := fmt.Sprintf("https://good%d.example/%d", i, i); l.Has(target) {
			t.Errorf("%s is on the list", target)
		}
	}
}

// The samples of RFC 3492, Section 7.1, (A), (B), (F), (I), (L), which need the parameters (RFC 3492,
// Section 5), the adaptation (RFC 3492, Section 6.1) and the procedure (RFC 3492, Section 6.2); and
// what isn't punycode.
func TestUnicodeLabel(t *testing.T) {
	for label, want := range map[string]string{
		"xn--egbpdaj6bu4bxfgehfvwxn":                       "ليهمابتكلموشعربي؟",
		"xn--ihqwcrb4cv8a8dqg056pqjye":                     "他们为什么不说中文",
		"xn--i1baa7eci9glrd9b2ae1bj0hfcgg6iyaf8o0a1dig0cd": "यहलोगहिन्दीक्योंनहींबोलसकतेहैं",
		"xn--3b-ww4c5e180e575a65lsy2b":                     "3年b組金八先生",
		"xn--mnchen-3ya":                                   "münchen",
		"xn--":                                             "",
		"xn--a!":                                           "xn--a!",
		"xn--99999999999":                                  "xn--99999999999",
		"plain":                                            "plain",
	} {
		if got := unicodeLabel(label); got != want {
			t.Errorf("%s: %q; want %q", label, got, want)
		}
	}
}

func TestBlockList(t *testing.T) {
	key := identity.GenerateKey()
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("site%d.test", i))
	}
	data := MakeBlockList(append(many, "evil.example", "evil.example", "host.example/bad", "192.0.2.7", "München.example"), 7, 1000, key)
	l, err := ParseBlockList(data, key.Public(), 7)
	if err != nil || l.Len() != 1004 || l.Version != 7 || l.MadeMS != 1000 {
		t.Fatalf("%+v, %v", l, err)
	}
	for target, want := range map[string]bool{
		"https://evil.example/": true, "http://a.b.EVIL.example:81/x?y": true, "https://notevil.example/": false,
		"https://host.example/bad": true, "https://host.example/bad?x=1": true, "https://host.example/good": false,
		"https://u@host.example\\bad#x": true, "https://example/": false, "http://192.0.2.7/": true, "http://1.192.0.2.7/": false,
		"https://münchen.example/": true, "https://xn--mnchen-3ya.example/": true, "https://MÜNCHEN.example/": true,
		"https://host.example/%62ad": true, "https://host.example/./bad": true, "https://host.example/x/../bad/": true, "http://3221225991/": true, "http://0300.0.2.07/": true, "http://0x0.1.2.3.4.5/": false,
		"https://site999.test./": true, "https://site1000.test": false, "javascript:evil.example": false,
	} {
		if got := l.Has(target); got != want {
			t.Errorf("%s: %v; want %v", target, got, want)
		}
	}
	if got := kinds((&Links{List: l}).Check("https://evil.example/", "")); got != "listed" {
		t.Errorf("a listed link: %q", got)
	}
}

// A list that somebody changed, another's, or an older one isn't taken.
func TestBlockListRefused(t *testing.T) {
	key := identity.GenerateKey()
	data := MakeBlockList([]string{"evil.example", "worse.example"}, 7, 0, key)
	for i := range data {
		bad := append([]byte(nil), data...)
		bad[i] ^= 1
		if _, err := ParseBlockList(bad, key.Public(), 0); err == nil {
			t.Errorf("byte %d changed: taken", i)
		}
		if _, err := ParseBlockList(data[:i], key.Public(), 0); err == nil {
			t.Errorf("cut at %d: taken", i)
		}
	}
	if _, err := ParseBlockList(data, identity.GenerateKey().Public(), 0); err != ErrBlockListKey {
		t.Errorf("another's: %v", err)
	}
	if _, err := ParseBlockList(data, key.Public(), 8); err != ErrBlockListOld {
		t.Errorf("an older one: %v", err)
	}
}

func FuzzCheckLinks(f *testing.F) {
	f.Add("https://xn--80ak6aa92e.example/", "bank.example")
	f.Add("http://0xc0.2/%31", "")
	f.Fuzz(func(t *testing.T, target, display string) {
		if found := own.Check(target, display); len(found) > 7 {
			t.Errorf("%d findings", len(found))
		}
	})
}

// A device that has seen a list takes none that is older, unless the platform's key is a new one.
func TestSeenList(t *testing.T) {
	first, second := identity.GenerateKey(), identity.GenerateKey()
	of := func(key identity.PrivateKey, version uint64) []byte {
		return MakeBlockList([]string{"evil.example"}, version, 0, key)
	}
	var seen SeenList
	for i, c := range []struct {
		data []byte
		key  identity.PrivateKey
		want error
		seen uint64
	}{
		{of(first, 3), first, nil, 3},
		{of(first, 3), first, nil, 3},
		{of(first, 2), first, ErrBlockListOld, 3},
		{of(first, 4), first, nil, 4},
		{of(second, 9), first, ErrBlockListKey, 4},
		{of(second, 1), second, nil, 1},
		{of(second, 0), second, ErrBlockListOld, 1},
	} {
		l, now, err := seen.Take(c.data, c.key.Public())
		if err != c.want || (l != nil) != (err == nil) || now.Version != c.seen {
			t.Errorf("step %d: got %v, %+v, want %v and version %d", i, err, now, c.want, c.seen)
		}
		seen = now
	}
	old := SeenList{Version: 5} // kept before there was a key
	if _, now, err := old.Take(of(first, 4), first.Public()); err != ErrBlockListOld || now != old {
		t.Errorf("older than before there was a key: got %v, %+v", err, now)
	}
}
