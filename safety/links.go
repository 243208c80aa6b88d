package safety

import (
	"slices"
	"strings"
	"unicode"
)

// A Kind says what is suspicious.
type Kind string

// What may be suspicious of a link. Values are for the screen's strings: append, never
// rename.
const (
	Listed     Kind = "listed"      // on the block list
	LookAlike  Kind = "look_alike"  // looks like a domain of the platform, and isn't
	Confusable Kind = "confusable"  // letters of other scripts that look like ASCII, or scripts mixed in a word
	Mismatch   Kind = "mismatch"    // the text shows another address than the link's
	Userinfo   Kind = "userinfo"    // what stands before an @ looks like the address, and isn't
	RawAddress Kind = "raw_address" // a number instead of a name
	Shortener  Kind = "shortener"   // leads on to an address that can't be seen
)

// A Finding is one reason for a warning.
type Finding struct {
	Kind Kind
	Host string // where the link really leads, as ASCII
	Like string // with LookAlike, Confusable and Mismatch: what it looks like; may be empty
}

// Links says what is known of addresses. The zero value knows no platform and no list.
type Links struct {
	Own  []string   // the platform's domains, in ASCII and lower case; those below them are its own too
	List *BlockList // nil: none
}

// OwnDomains returns Links.Own of a platform: the domain of its accounts, and the hosts of its site, each as
// HOST or HOST:PORT.
func OwnDomains(domain string, hosts []string) []string {
	own := []string{strings.ToLower(domain)}
	for _, h := range hosts {
		host, _, _ := strings.Cut(strings.ToLower(h), ":")
		own = append(own, host)
	}
	return own
}

// shorteners are hosts of common services that lead on to another address.
var shorteners = []string{
	"bit.ly", "bl.ink", "buff.ly", "clck.ru", "cutt.ly", "dub.sh", "goo.gl", "is.gd", "kutt.it", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly", "s.id", "short.io", "shorturl.at",
	"soo.gd", "t.co", "t.ly", "tiny.cc", "tinyurl.com", "u.to", "urlz.fr", "v.gd", "vk.cc", "x.gd",
}

// Check returns what is suspicious of a link to target, whose text is display ("": the target
// itself), worst first. Nothing for what isn't an http or https address.
func (l *Links) Check(target, display string) []Finding {
	a, ok := parseAddress(target)
	if !ok {
		return nil
	}
	var found []Finding
	add := func(kind Kind, like string) { found = append(found, Finding{kind, a.host, like}) }
	own := l.owns(a.host)
	if l.List.Has(target) {
		add(Listed, "")
	}
	if like := l.lookAlike(a.host); like != "" && !own {
		add(LookAlike, like)
	} else if like, ok := confusable(a.host); ok && !own {
		add(Confusable, like)
	}
	if shown, ok := shownHost(display, a.path); ok && !sameSite(shown, a.host) {
		add(Mismatch, shown)
	}
	if a.user {
		add(Userinfo, "")
	}
	if a.raw {
		add(RawAddress, "")
	}
	if within(a.host, shorteners) && !own {
		add(Shortener, "")
	}
	return found
}

func (l *Links) owns(host string) bool {
	return within(host, l.Own) || slices.ContainsFunc(l.Own, func(own string) bool {
		return strings.Contains(own, "xn--") && within(readHost(host), []string{readHost(own)})
	})
}

// within reports whether host is one of domains, or below one.
func within(host string, domains []string) bool {
	return slices.ContainsFunc(domains, func(d string) bool {
		rest, ok := strings.CutSuffix(host, d)
		return ok && (rest == "" || strings.HasSuffix(rest, "."))
	})
}

// files are endings of names of files that are no sites; sites those that are both.
var (
	files = []string{".html", ".htm", ".js", ".ts", ".tsx", ".go", ".pdf", ".png", ".jpg", ".jpeg", ".gif", ".txt", ".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".json", ".xml", ".csv", ".mp3", ".mp4", ".cpp", ".css"}
	sites = []string{".md", ".py", ".rs", ".sh", ".zip", ".mov"}
)

// shownHost returns the host of a text that says it leads somewhere: one that is an address, with a
// scheme or without, or one of whose words has a scheme or begins with www. A name of a file isn't one, as
// far as it can't be a site, or is what page, the path of the link, ends with.
func shownHost(display, page string) (host string, ok bool) {
	words := strings.Fields(display)
	for _, word := range words {
		word = strings.TrimFunc(word, isPunctuation)
		if a, ok := parseAddress(word); ok {
			return a.host, true
		}
		if len(words) > 1 && (len(word) < 5 || !strings.EqualFold(word[:4], "www.")) {
			continue
		}
		a, ok := parseAddress("https://" + word)
		dot := strings.LastIndexByte(a.host, '.')
		if !ok || a.user || dot <= 0 || len(a.host)-dot < 3 { // "e.g", "3.5": no name of a site
			continue
		}
		ending := a.host[dot:]
		if slices.Contains(files, ending) || slices.Contains(sites, ending) && strings.HasSuffix(strings.ToLower(page), "/"+a.host) {
			continue
		}
		return a.host, true
	}
	return "", false
}

// isPunctuation reports whether a rune stands around an address and is none of it.
func isPunctuation(r rune) bool {
	return r != '/' && r != '[' && r != ']' && (unicode.IsPunct(r) || unicode.IsSymbol(r) || unicode.Is(unicode.Cf, r))
}

// sameSite reports whether two hosts are the same, or one is below the other: www. and
// m. mislead nobody.
func sameSite(a, b string) bool {
	a, b = readHost(a), readHost(b)
	return a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a)
}

// readHost returns a host whose punycode labels are written out, so that both forms of a
// name compare equal.
func readHost(host string) string {
	if !strings.Contains(host, "xn--") {
		return host
	}
	labels := strings.Split(host, ".")
	for i, l := range labels {
		labels[i] = unicodeLabel(l)
	}
	return strings.Join(labels, ".")
}
