package audit

import (
	"errors"
	"slices"
	"strconv"
	"time"

	"parley/desk/deskapi"
)

// ErrPeriod is returned for a date that isn't one.
var ErrPeriod = errors.New("audit: want dates as 2026-01-31")

// A Counter counts what a log says, for [deskapi.Transparency].
type Counter struct {
	from, until int64 // milliseconds; until 0: no end
	t           deskapi.Transparency
	waits       []int64
}

// NewCounter returns a counter of a period.
func NewCounter(p deskapi.Period) (*Counter, error) {
	c := &Counter{t: deskapi.Transparency{
		From: p.From, Until: p.Until,
		Reports: map[string]int{}, Decisions: map[string]int{}, ByGround: map[string]int{}, Table: map[string]int{},
		Appeals: map[string]int{}, Legal: map[string]int{}, Looks: map[string]int{},
	}}
	var err error
	if c.from, err = dateMS(p.From); err == nil {
		c.until, err = dateMS(p.Until)
	}
	return c, err
}

func dateMS(date string) (int64, error) {
	if date == "" {
		return 0, nil
	}
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, ErrPeriod
	}
	return t.UnixMilli(), nil
}

// looks are the actions that are looks.
var looks = map[string]string{
	CaseOpened: "cases", MediaRevealed: "attachments", AccountOpened: "accounts", AppealOpened: "appeals", CaseExported: "exports",
}

// Add counts a line, if it is of the period. Give it to [Verify].
func (c *Counter) Add(l *Line) {
	c.t.Head = l.Hash
	if l.AtMS < c.from || c.until > 0 && l.AtMS >= c.until {
		return
	}
	c.t.Lines++
	switch l.Action {
	case ReportReceived:
		c.t.Reports[l.Data["category"]]++
	case ReportRefused:
		c.t.Reports["unreadable"]++
	case DecisionMade:
		c.decision(l)
	case AppealReceived:
		c.t.Appeals["received"]++
	case AppealDecided:
		c.t.Appeals[l.Data["result"]]++
	case LegalAsked:
		c.t.Legal["received"]++
	case LegalAnswered:
		c.t.Legal["answered"]++
	default:
		if name := looks[l.Action]; name != "" {
			c.t.Looks[name]++
		}
		return
	}
}

func (c *Counter) decision(l *Line) {
	kind := l.Data["kind"]
	c.t.Decisions[kind]++
	c.t.Table[l.Data["category"]+"/"+kind]++
	if g := l.Data["ground"]; g != "" {
		c.t.ByGround[g]++
	}
	if l.Actor == Desk {
		c.t.Automated++
	}
	if ms, err := strconv.ParseInt(l.Data["after_ms"], 10, 64); err == nil {
		c.waits = append(c.waits, ms)
	}
}

// Counts returns what was counted.
func (c *Counter) Counts() deskapi.Transparency {
	t := c.t
	slices.Sort(c.waits)
	if n := len(c.waits); n > 0 {
		t.MedianMS = c.waits[n/2]
	}
	return t
}
