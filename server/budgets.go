package server

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"parley/identity"
	"parley/wire"
)

// A Spend is something of which an account may do so much among strangers, and a
// young account less.
type Spend string

// What is bounded.
const (
	SpendConversation Spend = "conversations" // begun with strangers
	SpendGroupAdd     Spend = "group_adds"    // of strangers
	SpendForward      Spend = "forwards"      // of others' attachments
	SpendLookup       Spend = "lookups"       // of strangers: device lists and key packages
)

// spends are all of them, in the order of their codes in puzzles: append.
var spends = []Spend{SpendConversation, SpendGroupAdd, SpendForward, SpendLookup}

// budgets are what accounts have left of each.
type budgets struct {
	grown, young map[Spend]*allowances
	extra        map[Spend]*allowances // that puzzles may pay for
	paid         paidSet
}

func (b *budgets) init(r Rates) {
	each := func(rates map[Spend]Rate) map[Spend]*allowances {
		all := map[Spend]*allowances{}
		for k, rate := range rates {
			all[k] = new(allowances)
			all[k].init(rate)
		}
		return all
	}
	b.grown = each(map[Spend]Rate{SpendConversation: r.Conversation, SpendGroupAdd: r.GroupAdd, SpendForward: r.Forward, SpendLookup: r.Lookup})
	b.young = each(map[Spend]Rate{SpendConversation: r.YoungConversation, SpendGroupAdd: r.YoungGroupAdd, SpendForward: r.YoungForward, SpendLookup: r.YoungLookup})
	b.extra = each(map[Spend]Rate{SpendConversation: r.Challenge, SpendGroupAdd: r.Challenge, SpendForward: r.Challenge, SpendLookup: r.Challenge})
}

// young reports whether account is younger than what the settings call young.
func (s *Server) young(ctx context.Context, account identity.Account) (bool, error) {
	if s.cfg.Rates.Young <= 0 {
		return false, nil
	}
	days, err := s.days(ctx, account)
	return time.Duration(days)*24*time.Hour < s.cfg.Rates.Young, err
}

// budget returns the one of a kind that is account's by its age.
func (s *Server) budget(ctx context.Context, account identity.Account, kind Spend) (*allowances, error) {
	young, err := s.young(ctx, account)
	if young {
		return s.budgets.young[kind], err
	}
	return s.budgets.grown[kind], err
}

// A payer is who pays for something, and for what operation: once, also if it is
// tried again. Without one each time counts.
type payer struct {
	account identity.Account
	once    string
}

// payerOf returns who pays for op.
func payerOf(op OperationID) payer {
	return payer{op.Device.Account(), string(op.Device) + string(op.ID)}
}

// spend takes n units of a budget of by. Where the budget is used up, or always where the policy asks
// for it, a solved puzzle pays instead: challenge_required; beyond what puzzles pay
// for rate_limited.
func (s *Server) spend(ctx context.Context, by payer, kind Spend, n int, always bool) error {
	account, once := by.account, string(kind)+" "+by.once
	now := s.steady()
	if by.once != "" && s.budgets.paid.has(once, now) {
		return nil
	}
	from, err := s.budget(ctx, account, kind)
	if err != nil {
		return err
	}
	if !from.holds(n) {
		return tooLarge("These are too many people at once whom this account doesn't know.")
	}
	wait := from.take(from.of(string(account), now), now, n)
	if wait > 0 || always {
		if wait > 0 && n > maxByProof {
			return s.limited(wait)
		}
		if err := s.payByProof(ctx, account, kind, wait); err != nil {
			return err
		}
	}
	if wait == 0 {
		s.tellSpent(account, kind, n)
	}
	if by.once != "" {
		s.budgets.paid.add(once, now)
	}
	return nil
}

// maxByProof bounds the units of one request that one puzzle pays for.
const maxByProof = 8

// holds reports whether n units are ever there at once.
func (a *allowances) holds(n int) bool { return a.each == 0 || float64(n)*a.each <= float64(a.burst) }

// draw takes n units from one of a's that were used elsewhere, or as many as there are.
func (a *allowances) draw(from *allowance, at time.Time, n int) {
	if from == nil {
		return
	}
	now, cost := at.UnixNano(), min(int64(float64(n)*a.each), a.burst)
	for {
		full := from.full.Load()
		if from.full.CompareAndSwap(full, min(max(full, now)+cost, now+a.burst)) {
			return
		}
	}
}

// Nodes of one site tell each other what accounts use, so that several don't
// multiply it: by a signal without a room, as notices are (see signalNotices). What is
// lost or on its way is all that an account gets more of than at one node.
const (
	spentPrefix = "spent "  // a Spend, a space and how many units
	provenWord  = "puzzles" // in the place of units: one puzzle that was solved
)

// tellSpent tells the other nodes that account used n units.
func (s *Server) tellSpent(account identity.Account, kind Spend, n int) {
	s.tellOthers(account, spentPrefix+string(kind)+" "+strconv.Itoa(n))
}

// tellProven tells the other nodes that account solved a puzzle.
func (s *Server) tellProven(account identity.Account, kind Spend) {
	s.tellOthers(account, spentPrefix+string(kind)+" "+provenWord)
}

func (s *Server) tellOthers(account identity.Account, what string) {
	if s.cfg.Hints != nil {
		s.publish(Hint{Signals: []wire.Signal{{Sender: identity.Device(account), Data: []byte(what)}}})
	}
}

// spentElsewhere takes what another node says from what is left here. What it
// can't read is nothing.
func (s *Server) spentElsewhere(ctx context.Context, account identity.Account, what string) {
	word, amount, _ := strings.Cut(what, " ")
	kind, now := Spend(word), s.steady()
	if extra := s.budgets.extra[kind]; extra != nil && amount == provenWord {
		extra.draw(extra.of(string(account), now), now, 1)
		return
	}
	n, err := strconv.ParseUint(amount, 10, 16)
	if err != nil || !slices.Contains(spends, kind) {
		return
	}
	if from, err := s.budget(ctx, account, kind); err == nil {
		from.draw(from.of(string(account), now), now, int(n))
	}
}

// used returns how many units of an allowance are gone.
func (a *allowances) used(from *allowance, at time.Time) float64 {
	if from == nil {
		return 0
	}
	return float64(min(max(from.full.Load()-at.UnixNano(), 0), a.burst)) / a.each
}

// quotas appends what account has left of what op takes. Its age is known by which
// of its budgets it has used.
func (b *budgets) quotas(list []Quota, account identity.Account, op wire.Operation, now time.Time) []Quota {
	var kinds []Spend
	switch op {
	case wire.OpOpenRoom:
		kinds = []Spend{SpendConversation, SpendGroupAdd}
	case wire.OpCommit:
		kinds = []Spend{SpendGroupAdd}
	case wire.OpClaimKeyPackages, wire.OpDeviceLists:
		kinds = []Spend{SpendLookup}
	}
	for _, k := range kinds {
		for _, of := range []*allowances{b.young[k], b.grown[k]} {
			if have := of.peek(string(account)); have != nil {
				list = of.quota(list, have, now, Quota{Name: string(k)})
				break
			}
		}
	}
	return list
}

// peek returns the allowance of key if there is one.
func (a *allowances) peek(key string) *allowance {
	s := &a.shards[shardOf(key)]
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byKey[key]
}

// A paidSet remembers strings for at least paidTime, in two generations.
type paidSet struct {
	mu   sync.Mutex // guards what follows
	sets [2]map[string]bool
	turn time.Time // when sets[0] was begun
}

const (
	paidTime = 10 * time.Minute
	maxPaid  = 1 << 16
)

func (o *paidSet) has(key string, now time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.sets[0][key] || o.sets[1][key]
}

func (o *paidSet) add(key string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sets[0] == nil || now.Sub(o.turn).Abs() > paidTime || len(o.sets[0]) >= maxPaid {
		o.sets[1], o.sets[0], o.turn = o.sets[0], map[string]bool{}, now
	}
	o.sets[0][key] = true
}
