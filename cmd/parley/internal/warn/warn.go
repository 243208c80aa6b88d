// Package warn says of a message of somebody else what is suspicious of it, in sentences for a terminal: those of
// the page's (web/app/strings/en/warnings.ts). What it finds is found by package safety, on this
// device; it reaches no network and keeps nothing.
package warn

import (
	"fmt"

	"parley/safety"
)

// A Warner is what warnings are found by. The zero value finds by rules alone, and knows no
// platform and no region.
type Warner struct {
	Own    []string          // as [safety.Links] has it
	List   *safety.BlockList // nil: none
	Model  *safety.Model     // nil: rules alone
	Region string            // ISO 3166-1 alpha-2, in upper case; "": not known
}

// A Warning is one thing that is suspicious.
type Warning struct {
	Kind string   `json:"kind"`           // a safety.Class, a safety.Kind, or ManyLinks
	Text string   `json:"text"`           // a sentence or two, in one line. Parts of the message are in it: it isn't sanitised
	Help []string `json:"help,omitempty"` // each where people help: name and address
}

// ManyLinks is the kind of a warning that a message has more links than are looked at: what is bad may
// stand behind what isn't.
const ManyLinks = "many_links"

// maxWarned bounds the links of one message that are named. If there are more that look bad, a sentence says so.
const maxWarned = 3

// classes are what is said of each [safety.Class].
var classes = map[safety.Class]string{
	safety.Scam:       "This looks like a scam. Don’t send money, codes or passwords.",
	safety.Harassment: "This looks hurtful. You don’t have to answer.",
	safety.Sextortion: "This looks like blackmail, or like somebody asking for intimate pictures. Don’t pay, and don’t send anything. It’s not your fault, and others can help:",
}

// Of returns the warnings of a text of somebody else: what it looks like, then its links, each kind of
// one host once. Of what it looks like it is the worst alone, as on the page. Plain is a text
// without markup.
func (w *Warner) Of(text string, plain bool) []Warning {
	var all []Warning
	if nudges := safety.Nudges(text, w.Model, w.Region); len(nudges) > 0 {
		one := Warning{Kind: string(nudges[0].Class), Text: classes[nudges[0].Class]}
		for _, l := range nudges[0].Help {
			one.Help = append(one.Help, l.Name+": "+l.URL)
		}
		all = append(all, one)
	}
	return append(all, w.links(text, plain)...)
}

func (w *Warner) links(text string, plain bool) (all []Warning) {
	l := &safety.Links{Own: w.Own, List: w.List}
	said := map[safety.Finding]bool{}
	links, more := linksIn(text, plain)
	for _, link := range links {
		found := shortened(l.Check(link.target, link.display))
		if len(found) == 0 || said[found[0]] {
			continue
		}
		said[found[0]] = true
		one := Warning{Kind: string(found[0].Kind), Text: fmt.Sprintf("This link may mislead you (%s). %s", found[0].Host, reason(found[0]))}
		if len(said) > maxWarned {
			one.Text = "There are more links here that may mislead you."
			return append(all, one)
		}
		all = append(all, one)
	}
	if more {
		all = append(all, Warning{Kind: ManyLinks, Text: "There are more links here than can be looked at."})
	}
	return all
}

// maxHost bounds how much of a host's name is said, in letters.
const maxHost = 100

// shortened cuts what is long of the hosts' names: from the front, since they are read from the end.
func shortened(found []safety.Finding) []safety.Finding {
	cut := func(host string) string {
		if letters := []rune(host); len(letters) > maxHost {
			return "…" + string(letters[len(letters)-maxHost:])
		}
		return host
	}
	for i := range found {
		found[i].Host, found[i].Like = cut(found[i].Host), cut(found[i].Like)
	}
	return found
}

// reason says why to look twice at a link.
func reason(f safety.Finding) string {
	switch f.Kind {
	case safety.Listed:
		return f.Host + " is on the list of sites that deceive people."
	case safety.LookAlike:
		return fmt.Sprintf("%s looks like %s, and isn’t.", f.Host, f.Like)
	case safety.Confusable:
		if f.Like != "" {
			return fmt.Sprintf("Letters of another alphabet make it look like %s.", f.Like)
		}
		return "It mixes letters of several alphabets that look alike."
	case safety.Mismatch:
		return fmt.Sprintf("The text says %s, but the link leads to %s.", f.Like, f.Host)
	case safety.Userinfo:
		return fmt.Sprintf("What stands before the @ is no address: the link leads to %s.", f.Host)
	case safety.RawAddress:
		return "It leads to a number instead of a site’s name."
	case safety.Shortener:
		return "It leads on to an address that can’t be seen here."
	}
	return "Look twice before you open it."
}
