package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"parley/client"
	"parley/cmd/parley/chat"
	"parley/wire"
)

var noticesCommand = command{
	name: "notices", usage: "notices [--json]",
	summary: "Print what the platform's operator has to say to this account.",
	more: `
What came of reports, and decisions on this account with their statement of reasons.
The oldest comes first; a line "standing" ends it where the account is restricted.
With --json: one object a line, of n, kind, at, decision, outcome, about, statement,
until, appealable, appealed, read; where the account is restricted, one more, of
standing, decision, until.`,
	run: runNotices,
}

var appealCommand = command{
	name: "appeal", usage: "appeal DECISION TEXT",
	summary: "Ask that a decision be looked at again, by somebody else.",
	more: `
DECISION is what parley notices names; each is looked at again once. The text is sealed
for the safety desk: the server can't read it.`,
	run: runAppeal,
}

func runAppeal(ctx context.Context, p *program, args []string) error {
	rest, err := parse(newFlags("appeal"), args)
	if err != nil {
		return err
	}
	if len(rest) != 2 || rest[0] == "" || len(rest[0]) > wire.MaxDecision {
		return usagef("appeal needs a decision and a text")
	}
	return p.withClient(ctx, func(c *client.Client) error {
		if err := appealable(ctx, c, rest[0]); err != nil {
			return err
		}
		if err := c.Appeal(ctx, rest[0], rest[1]); err != nil {
			return &handed{"appeal", err}
		}
		p.note("sent: parley notices tells what comes of it")
		return nil
	})
}

// appealable returns an error unless an appeal against a decision would be heard, as
// far as this device knows.
func appealable(ctx context.Context, c *client.Client, decision string) error {
	asked := c.AskNotices(ctx)
	all, _, err := c.Notices(ctx)
	if err != nil {
		return err
	}
	for i := range all {
		switch n := &all[i]; {
		case n.Decision != decision || !n.Appealable:
		case n.Appealed:
			return errors.New("this device has appealed against that already")
		default:
			return nil
		}
	}
	return errors.Join(errors.New("no notice names such a decision that can be appealed"), asked)
}

// A noticeLine is a notice as notices --json prints it.
type noticeLine struct {
	N          uint64          `json:"n"`
	Kind       string          `json:"kind"`
	At         string          `json:"at"`
	Decision   string          `json:"decision"`
	Outcome    string          `json:"outcome"`
	About      string          `json:"about"`
	Statement  *wire.Statement `json:"statement"`
	Until      string          `json:"until"`
	Appealable bool            `json:"appealable"`
	Appealed   bool            `json:"appealed"`
	Read       bool            `json:"read"`
}

func runNotices(ctx context.Context, p *program, args []string) error {
	fs := newFlags("notices")
	asJSON := fs.Bool("json", false, "")
	rest, err := parse(fs, args)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usagef("notices takes no arguments")
	}
	return p.withClient(ctx, func(c *client.Client) error {
		asked := c.AskNotices(ctx)
		all, standing, err := c.Notices(ctx)
		if err != nil {
			return errors.Join(err, asked)
		}
		for _, n := range slices.Backward(all) {
			if err := p.printNotice(&n, *asJSON); err != nil {
				return err
			}
		}
		if standing.State != wire.StandingGood {
			if err := p.printStanding(standing, *asJSON); err != nil {
				return err
			}
		}
		if len(all) > 0 {
			err = c.ReadNotices(ctx, all[0].N)
		}
		return errors.Join(err, asked)
	})
}

// A standingLine is the last line of notices --json, where the account is restricted.
type standingLine struct {
	Standing string `json:"standing"`
	Decision string `json:"decision"`
	Until    string `json:"until"`
}

func (p *program) printStanding(s wire.Standing, asJSON bool) error {
	if asJSON {
		l := standingLine{Standing: string(s.State), Decision: s.Decision}
		if s.UntilMS > 0 {
			l.Until = rfc3339(s.UntilMS)
		}
		return printJSON(p.stdout, l)
	}
	_, err := fmt.Fprintln(p.stdout, chat.SanitizeLine("standing: "+string(s.State)+", by decision "+s.Decision+until(s.UntilMS)))
	return err
}

func (p *program) printNotice(n *client.OperatorNotice, asJSON bool) error {
	if asJSON {
		l := noticeLine{
			N: n.N, Kind: string(n.Kind), At: rfc3339(n.AtMS), Decision: n.Decision, Outcome: string(n.Outcome), About: string(n.About),
			Statement: n.Statement, Appealable: n.Appealable, Appealed: n.Appealed, Read: n.Read,
		}
		if n.UntilMS > 0 {
			l.Until = rfc3339(n.UntilMS)
		}
		return printJSON(p.stdout, l)
	}
	lines := []string{rfc3339(n.AtMS) + "\t" + string(n.Kind) + "\t" + sayNotice(n)}
	if s := n.Statement; s != nil {
		for _, part := range []struct{ name, text string }{
			{"ground", s.Ground}, {"clause", s.GroundReference}, {"why", s.Explanation}, {"facts", s.Facts}, {"category", s.Category}, {"redress", s.Redress},
		} {
			if part.text != "" {
				lines = append(lines, "\t"+part.name+": "+part.text)
			}
		}
		if s.AutomatedDecision {
			lines = append(lines, "\tdecided by a program")
		}
	}
	for _, l := range lines {
		if _, err := fmt.Fprintln(p.stdout, chat.SanitizeLine(l)); err != nil {
			return err
		}
	}
	return nil
}

// sayNotice says a notice in one line.
func sayNotice(n *client.OperatorNotice) string {
	about := ""
	if n.About != "" {
		about = " about " + n.About.Name()
	}
	switch n.Kind {
	case wire.NoticeOutcome:
		if n.Outcome == wire.OutcomeActed {
			return "on your report" + about + ": something was done"
		}
		return "on your report" + about + ": nothing that breaks the rules was found"
	case wire.NoticeAppealResult:
		if n.Outcome == wire.OutcomeReversed {
			return "on your appeal against " + n.Decision + ": the decision was taken back"
		}
		return "on your appeal against " + n.Decision + ": the decision stays"
	case wire.NoticeRestored:
		return "decision " + n.Decision + " holds no more"
	}
	parts := []string{"decision " + n.Decision + until(n.UntilMS)}
	switch {
	case n.Appealed:
		parts = append(parts, "you have appealed")
	case n.Appealable:
		parts = append(parts, "to have it looked at again: parley appeal "+n.Decision+" TEXT")
	}
	return strings.Join(parts, "; ")
}

func until(ms int64) string {
	if ms == 0 {
		return ""
	}
	return ", until " + rfc3339(ms)
}
