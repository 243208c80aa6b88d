package policy

import (
	"strconv"
	"strings"

	"parley/server"
)

// A check is a case: a question and what is to be decided on it.
type check struct {
	name string
	line int
	q    server.Question
	want server.Decision // Rule empty: whichever
}

// A Result is what came of a case.
type Result struct {
	Name      string
	Line      int
	Got, Want string // as "deny own_age by under16"
	ok        bool
}

// OK reports whether it came out as it should.
func (r Result) OK() bool { return r.ok }

// Test runs the policy's cases.
func (p *Policy) Test() []Result {
	var all []Result
	for i := range p.cases {
		c := &p.cases[i]
		got, err := p.Decide(&c.q)
		r := Result{Name: c.name, Line: c.line, Got: describe(got), Want: describe(c.want)}
		if err != nil {
			r.Got = "a failure in rule " + got.Rule
		}
		if c.want.Rule == "" {
			got.Rule = ""
		}
		r.ok = err == nil && got == c.want
		all = append(all, r)
	}
	return all
}

func describe(d server.Decision) string {
	s := string(d.Effect)
	if d.Reason != "" {
		s += " " + string(d.Reason)
	}
	if d.Rule != "" {
		s += " by " + d.Rule
	}
	return s
}

// check reads a case.
func (r *reader) check(b *block) check {
	c := check{name: b.name, line: b.line}
	want, ok := b.parts["want"]
	if !ok {
		r.fail(b.line, "the case doesn't say what it wants")
	} else {
		effect, by, named := strings.Cut(want.text, " by ")
		d, wrong := parseEffect(strings.Fields(effect))
		if wrong != "" {
			r.fail(want.line, "%s", wrong)
		}
		if c.want = d; named {
			c.want.Rule = strings.TrimSpace(by)
		}
	}
	given, ok := b.parts["given"]
	if !ok {
		r.fail(b.line, "the case gives nothing")
		return c
	}
	for item := range strings.SplitSeq(given.text, ",") {
		r.give(&c.q, strings.TrimSpace(item), given.line)
	}
	if c.q.Action == "" {
		r.fail(given.line, "the case has no action: message or group_add")
	}
	return c
}

// give sets what one item of a case says: an action, or "variable: value", where a
// bool needs no value.
func (r *reader) give(q *server.Question, item string, line int) {
	switch a := server.Action(item); a {
	case server.ActionMessage, server.ActionGroupAdd:
		q.Action = a
		return
	}
	name, value, _ := strings.Cut(item, ":")
	name, value = strings.TrimSpace(name), strings.Trim(strings.TrimSpace(value), `"`)
	set := setters[name]
	if set == nil {
		r.fail(line, "there is no %q to give", shorten(name))
		return
	}
	if !set(q, value) {
		r.fail(line, "%s can't be %q", name, shorten(value))
	}
}

// setters set a variable of a question; what follows from others has none.
var setters = map[string]func(q *server.Question, value string) bool{
	"sender.age":            func(q *server.Question, v string) bool { return setAge(&q.Sender.Age, v) },
	"sender.region":         func(q *server.Question, v string) bool { return setRegion(&q.Sender.Region, v) },
	"sender.days":           func(q *server.Question, v string) bool { return setInt(&q.Sender.Days, v) },
	"sender.pending":        func(q *server.Question, v string) bool { return setInt(&q.Sender.Pending, v) },
	"recipient.age":         func(q *server.Question, v string) bool { return setAge(&q.Recipient.Age, v) },
	"recipient.region":      func(q *server.Question, v string) bool { return setRegion(&q.Recipient.Region, v) },
	"recipient.days":        func(q *server.Question, v string) bool { return setInt(&q.Recipient.Days, v) },
	"relationship.follows":  func(q *server.Question, v string) bool { return setBool(&q.Follows, v) },
	"relationship.followed": func(q *server.Question, v string) bool { return setBool(&q.Followed, v) },
	"relationship.contact":  func(q *server.Question, v string) bool { return setBool(&q.Contact, v) },
	"relationship.accepted": func(q *server.Question, v string) bool { return setBool(&q.Accepted, v) },
	"relationship.mutual": func(q *server.Question, v string) bool {
		ok := setBool(&q.Mutual, v)
		q.Follows, q.Followed = q.Follows || q.Mutual, q.Followed || q.Mutual
		return ok
	},
	"group.size":   func(q *server.Question, v string) bool { return setInt(&q.Group.Size, v) },
	"group.known":  func(q *server.Question, v string) bool { return setInt(&q.Group.Known, v) },
	"group.minors": func(q *server.Question, v string) bool { return setInt(&q.Group.Minors, v) },
}

func setAge(to *server.AgeBand, value string) bool {
	band, ok := ages[value]
	*to = band
	return ok
}

func setRegion(to *string, value string) bool {
	*to = value
	return len(value) == 2 && strings.ToUpper(value) == value
}

func setInt(to *int64, value string) bool {
	n, err := strconv.ParseInt(value, 10, 64)
	*to = n
	return err == nil && n >= 0
}

func setBool(to *bool, value string) bool {
	*to = value == "" || value == "true"
	return *to || value == "false"
}
