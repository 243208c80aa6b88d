package unfurl

import (
	"bytes"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"

	"parley/wire"
)

// said is what a page says of itself: the first value of each name.
type said map[string]string

// names are those of a page that are looked at.
var names = map[string]bool{
	"og:title": true, "og:description": true, "og:site_name": true, "og:image": true, "og:image:url": true, "og:image:secure_url": true,
	"og:video:url": true, "og:video:secure_url": true, "og:video:width": true, "og:video:height": true,
	"twitter:title": true, "twitter:description": true, "twitter:image": true, "twitter:image:src": true, "twitter:player": true,
	"twitter:player:width": true, "twitter:player:height": true, "description": true, "author": true,
}

// maxToken bounds the bytes of one tag or text of a page.
const maxToken = 64 << 10

// read returns what a page says in its head. What it can't make out is left out.
func read(a *answer) said {
	out := said{}
	in, err := charset.NewReader(bytes.NewReader(a.body), a.full)
	if err != nil {
		return out
	}
	z := html.NewTokenizer(in)
	z.SetMaxBuf(maxToken)
	for {
		switch z.Next() {
		case html.ErrorToken:
			return out
		case html.EndTagToken:
			if name, _ := z.TagName(); string(name) == "head" {
				return out
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, more := z.TagName()
			switch string(name) {
			case "meta":
				out.meta(z, more)
			case "title":
				if z.Next() == html.TextToken {
					out.set("title", string(z.Text()))
				}
			case "body":
				return out
			}
		}
	}
}

// meta reads the attributes of a meta tag.
func (s said) meta(z *html.Tokenizer, more bool) {
	var name, value string
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		switch string(k) {
		case "property", "name":
			if n := strings.ToLower(strings.TrimSpace(string(v))); names[n] {
				name = n
			}
		case "content":
			value = string(v)
		}
	}
	if name != "" {
		s.set(name, value)
	}
}

func (s said) set(name, value string) {
	if value = strings.TrimSpace(value); s[name] == "" && value != "" && len(value) <= maxToken {
		s[name] = value
	}
}

// first returns the first of names that the page says, as a line of text.
func (s said) first(names ...string) string { return clean(s.raw(names...)) }

// raw is first as it came.
func (s said) raw(names ...string) string {
	for _, n := range names {
		if s[n] != "" {
			return s[n]
		}
	}
	return ""
}

func (s said) title() string { return s.first("og:title", "twitter:title", "title") }

func (s said) description() string {
	return s.first("og:description", "twitter:description", "description")
}

func (s said) picture() string {
	return s.raw("og:image:secure_url", "og:image", "og:image:url", "twitter:image", "twitter:image:src")
}

// clean returns text as one line of at most wire.MaxLinkText characters: any white
// space is one space, and what can't be seen, or turns the direction of what follows,
// is gone.
func clean(text string) string {
	var b strings.Builder
	n, space := 0, false
	for _, r := range text {
		if unicode.IsSpace(r) {
			space = n > 0
			continue
		}
		if r == unicode.ReplacementChar || !unicode.IsGraphic(r) && r != 0x200d && r != 0x200c {
			continue
		}
		if n+2 >= wire.MaxLinkText {
			return b.String() + "…"
		}
		if space {
			b.WriteByte(' ')
			n++
			space = false
		}
		b.WriteRune(r)
		n++
	}
	return b.String()
}
