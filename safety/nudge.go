package safety

import "slices"

// A Nudge is a hint beside a message, or before one is sent.
type Nudge struct {
	Class Class
	Help  []HelpLine // for the person's region; with Sextortion only
}

// Nudges returns what a text of somebody else looks like, by rules and by the model (nil:
// rules alone), each class once, worst first. Region is that of the person who reads, as ISO 3166-1
// alpha-2 ("": not known).
func Nudges(text string, m *Model, region string) []Nudge {
	n := normal(text)
	found := append(m.looks(n), ruled(n)...)
	var nudges []Nudge
	for _, c := range [...]Class{Sextortion, Harassment, Scam} {
		if !slices.Contains(found, c) {
			continue
		}
		one := Nudge{Class: c}
		if c == Sextortion {
			one.Help = HelpLines(region)
		}
		nudges = append(nudges, one)
	}
	return nudges
}
