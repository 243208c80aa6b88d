package desk

import (
	"context"
	"slices"

	"parley/desk/deskapi"
	"parley/identity"
)

// Whose reports were right weighs more in the queue: see [Desk.weigh]. It is seen by the desk alone, and
// nobody is told.

// A tally is what came of somebody's reports lately.
type tally struct {
	Right int `json:"right"`
	Wrong int `json:"wrong"`
}

const (
	priorRight   = 1 // a reporter begins as if right once in two
	priorReports = 2
	maxTally     = 16 // reports that weigh: of more, what is older weighs half
)

// reliability is how often reports were right, from 0 to 1. A few reports say little: it begins in
// the middle.
func (y tally) reliability() float64 {
	return float64(y.Right+priorRight) / float64(y.Right+y.Wrong+priorReports)
}

// aged forgets what is old, so that neither a good name nor a bad one lasts for ever.
func (y tally) aged() tally {
	for y.Right+y.Wrong > maxTally {
		y.Right, y.Wrong = y.Right/2, y.Wrong/2
	}
	return y
}

// lately returns the tally of an account; that of a record of before there was one is made of all its reports.
func (a *accountRecord) lately() tally {
	if a.Lately != nil {
		return *a.Lately
	}
	return tally{max(a.Right, 0), max(a.Wrong, 0)}.aged()
}

// count adds to what came of an account's reports.
func (a *accountRecord) count(right, wrong int) {
	y := a.lately()
	y = tally{max(y.Right+right, 0), max(y.Wrong+wrong, 0)}.aged()
	a.Lately, a.Right, a.Wrong = &y, max(a.Right+right, 0), max(a.Wrong+wrong, 0)
}

// weighReporters returns what the most reliable of a case's reporters weighs, and the others, of whom
// those who were always wrong add nothing.
func (d *Desk) weighReporters(ctx context.Context, aliases []string) (best, others int, err error) {
	var all []float64
	for _, alias := range aliases {
		var a accountRecord
		if _, err := d.getRecord(ctx, keyAccount+alias, &a); err != nil {
			return 0, 0, err
		}
		all = append(all, a.lately().reliability())
	}
	slices.Sort(all)
	slices.Reverse(all)
	for i, r := range all[:min(len(all), 1+maxReporters)] {
		if i == 0 {
			best = int(r * reporterPoints)
			continue
		}
		others += int(r * eachReporter)
	}
	return best, others, nil
}

// countOutcome weighs the reporters by what came of the case, and notes the decision
// in the history of the account. Who proved nothing wasn't right, though others were.
func (d *Desk) countOutcome(t *draft, c *caseRecord, dec *decisionRecord, all []evidence) error {
	right := map[string]bool{}
	for i := range all {
		if all[i].proves(c.Reported, c.Room) {
			right[d.accountAlias(all[i].record.Reporter)] = true
		}
	}
	for _, alias := range c.Reporters {
		wrong := dec.Kind == deskapi.Dismiss
		if !wrong && !right[alias] {
			continue
		}
		if !wrong {
			dec.Right = append(dec.Right, alias)
		}
		if err := countReports(t, alias, !wrong, 1); err != nil {
			return err
		}
	}
	return d.changeHistory(t, c.Reported, func(a *accountRecord) {
		a.Decisions = append(a.Decisions, dec.ID)
		if dec.Kind != deskapi.Dismiss {
			a.Upheld++
		}
	})
}

// uncountOutcome takes back what countOutcome counted of a decision that is reversed: the reports were
// neither right nor wrong then, since who made them isn't who judged.
func (d *Desk) uncountOutcome(t *draft, dec *decisionRecord) error {
	for _, alias := range dec.Right {
		if err := countReports(t, alias, true, -1); err != nil {
			return err
		}
	}
	return d.changeHistory(t, dec.Account, func(a *accountRecord) { a.Upheld = max(a.Upheld-1, 0) })
}

// countReports adds n to the reports of an account that were right, or wrong.
func countReports(t *draft, alias string, right bool, n int) error {
	var a accountRecord
	if _, err := t.get(keyAccount+alias, &a); err != nil {
		return err
	}
	if right {
		a.count(n, 0)
	} else {
		a.count(0, n)
	}
	return t.put(keyAccount+alias, &a)
}

func (d *Desk) changeHistory(t *draft, account identity.Account, change func(*accountRecord)) error {
	a, err := d.accountIn(t, account)
	if err != nil {
		return err
	}
	change(a)
	return t.put(keyAccount+d.accountAlias(account), a)
}
