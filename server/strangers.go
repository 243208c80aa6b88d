package server

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"parley/identity"
	"parley/wire"
)

// Who is a stranger to somebody knocks: the server keeps, with the one who knocks,
// that their request waits. Until it is accepted it brings one message. What was
// begun before there was a policy, or by the other one, is no request.

// RecordCreated is the kind of one record, of key "created": when the account was
// made here, Unix milliseconds in decimal.
const (
	RecordCreated = "created"
	createdKey    = "created"
)

// oldDays is the age of accounts that were made before it was kept, in days.
const oldDays = 3650

// fill sets what p asks of from and to. It reads the same number of records whoever
// they are, and whether there is such an account or not.
func (s *Server) fill(ctx context.Context, p Policy, q *Question, from, to identity.Account) (err error) {
	uses := func(names ...string) bool { return slices.ContainsFunc(names, p.Uses) }
	look := func(wanted bool, f func() error) {
		if wanted && err == nil {
			err = f()
		}
	}
	known := uses("relationship.stranger", "group.known")
	mutual := known || uses("relationship.mutual")
	look(uses("sender.age", "sender.region"), func() (err error) { q.Sender.Facts, err = s.cfg.Relations.Facts(ctx, from); return err })
	look(uses("recipient.age", "recipient.region", "group.minors"), func() (err error) {
		q.Recipient.Facts, err = s.cfg.Relations.Facts(ctx, to)
		return err
	})
	look(uses("sender.days"), func() (err error) { q.Sender.Days, err = s.days(ctx, from); return err })
	look(uses("recipient.days"), func() (err error) { q.Recipient.Days, err = s.days(ctx, to); return err })
	look(uses("sender.pending"), func() (err error) { q.Sender.Pending, err = s.pending(ctx, from); return err })
	look(mutual || uses("relationship.follows"), func() error {
		r, err := s.cfg.Relations.Relationship(ctx, from, to)
		q.Follows = r.Follows
		return err
	})
	look(mutual || uses("relationship.followed", "relationship.contact"), func() error {
		r, err := s.cfg.Relations.Relationship(ctx, to, from)
		q.Followed, q.Contact = r.Follows, r.Contact
		return err
	})
	q.Mutual = q.Follows && q.Followed
	look(known || uses("relationship.accepted"), func() (err error) {
		q.Accepted, err = s.hasAccepted(ctx, to, from)
		return err
	})
	return err
}

// hasAccepted reports whether account has accepted other: not somebody who has had the
// name before.
func (s *Server) hasAccepted(ctx context.Context, account, other identity.Account) (bool, error) {
	value, err := s.store.AccountRecord(ctx, account, RecordRelation, relationKey(wire.RelationAccepted, other))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil || len(value) == 0 {
		return err == nil, err
	}
	at, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return false, errEntry
	}
	made, err := s.madeHere(ctx, other)
	return err == nil && made-at < erasedTime.Milliseconds(), err
}

// madeHere returns when account was made here; 0 where that isn't known.
func (s *Server) madeHere(ctx context.Context, account identity.Account) (ms int64, err error) {
	value, err := s.store.AccountRecord(ctx, account, RecordCreated, createdKey)
	if errors.Is(err, ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(string(value), 10, 64)
}

// days returns how many days ago account was made here.
func (s *Server) days(ctx context.Context, account identity.Account) (int64, error) {
	made, err := s.madeHere(ctx, account)
	if err != nil || made == 0 {
		return oldDays, err
	}
	return max((s.nowMS()-made)/dayMS, 0), nil
}

// createdRecord is what days reads.
func createdRecord(now int64) NewRecord {
	return NewRecord{RecordCreated, KeyValue{Key: createdKey, Value: strconv.AppendInt(nil, now, 10)}}
}

// known reports whether who acts isn't a stranger to the other one.
func (q *Question) known() bool { return q.Mutual || q.Followed || q.Contact || q.Accepted }

// decide asks p. What fails is denied.
func (s *Server) decide(p Policy, q *Question) Decision {
	d, err := p.Decide(q)
	if err != nil {
		d.Effect, d.Reason = EffectDeny, ""
	}
	s.noteDecision(q.Action, d, err)
	return d
}

// noteDecision counts a decision, and has the log say so: without names, and of each
// rule no more than once a minute.
func (s *Server) noteDecision(a Action, d Decision, failed error) {
	switch d.Effect {
	case EffectKnock:
		s.stats.knocks.Add(1)
	case EffectDeny, EffectChallenge:
		s.stats.denied.Add(1)
	default:
		return
	}
	kept, _ := s.decided.LoadOrStore(d.Rule, new(decided))
	seen := kept.(*decided)
	n := seen.n.Add(1)
	switch {
	case !seen.log.now():
	case failed != nil:
		s.log.Error("policy", "action", string(a), "rule", d.Rule, "error", failed, "times", n)
	default:
		s.log.Info("policy", "action", string(a), "effect", string(d.Effect), "rule", d.Rule, "reason", string(d.Reason), "times", n)
	}
}

// mayMessage decides on a conversation of from with to.
func (s *Server) mayMessage(ctx context.Context, p Policy, from, to identity.Account) (Decision, error) {
	q := &Question{Action: ActionMessage}
	if err := s.fill(ctx, p, q, from, to); err != nil {
		return Decision{}, err
	}
	return s.decide(p, q), nil
}

// writesAtAll refuses who may write to nobody, whoever it were: in a group the policy
// was asked of its people when they came, but what is known of them may have changed.
func (s *Server) writesAtAll(ctx context.Context, p Policy, own identity.Account) error {
	if !p.Uses("sender.age") && !p.Uses("sender.region") {
		return nil
	}
	pair, now := verdictPair{from: own}, s.steady()
	if s.verdicts.passes(pair, now) {
		return nil
	}
	mark := s.verdicts.mark(pair)
	facts, err := s.cfg.Relations.Facts(ctx, own)
	if err != nil {
		return err
	}
	q := &Question{
		Action: ActionMessage, Mutual: true, Follows: true, Followed: true, Contact: true, Accepted: true,
		Sender:    Person{Facts: facts, Days: oldDays},
		Recipient: Person{Facts: Facts{Age: AgeAdult, Region: facts.Region}, Days: oldDays},
	}
	if d := s.decide(p, q); d.Effect == EffectDeny {
		return d.refusal()
	}
	s.verdicts.put(pair, mark, now)
	return nil
}

// refusal is what somebody is told of a denial: of the other person nothing but
// that they don't take messages.
func (d Decision) refusal() error {
	if d.Reason == "" {
		return errNotAccepting
	}
	e := wire.Refuse(wire.CodeNotAllowed, reasonTexts[d.Reason])
	if e.Reason = d.Reason; e.Message == "" {
		e.Message = reasonTexts[wire.ReasonOperator]
	}
	return e
}

// reasonTexts are for clients that don't know a reason.
var reasonTexts = map[wire.Reason]string{
	wire.ReasonOwnAge:         "Messages aren't available for people of this account's age.",
	wire.ReasonMutualsOnly:    "This account exchanges messages with people who follow each other.",
	wire.ReasonGroupSize:      "The group would be too large for somebody in it.",
	wire.ReasonGroupStrangers: "Nobody in the group has accepted a message from this account yet.",
	wire.ReasonOperator:       "The server's operator doesn't allow that.",
}

// opensTo decides on a new room of op's account, before it is made, and notes a
// request. knocked is whom it is to, if it is one.
func (s *Server) opensTo(ctx context.Context, op OperationID, room *Room) (knocked identity.Account, err error) {
	p, own := s.inForce(), op.Device.Account()
	others := without(room.Accounts, []identity.Account{own})
	if p == nil || len(others) == 0 {
		return "", nil
	}
	if room.Kind == wire.KindGroup {
		return "", s.addsStrangers(ctx, op, nil, others)
	}
	d, err := s.mayMessage(ctx, p, own, others[0])
	switch {
	case err != nil:
		return "", err
	case d.Effect == EffectDeny:
		return "", d.refusal()
	case d.Effect == EffectAllow:
		return "", nil
	}
	if err := s.spend(ctx, payerOf(op), SpendConversation, 1, d.Effect == EffectChallenge); err != nil {
		return "", err
	}
	return others[0], s.beginKnock(ctx, own, others[0], room.Room)
}

// addsStrangers decides on adding accounts to a group that members are in already.
func (s *Server) addsStrangers(ctx context.Context, op OperationID, members, added []identity.Account) error {
	p, own := s.inForce(), op.Device.Account()
	if p == nil || len(added) == 0 {
		return nil
	}
	others := without(members, []identity.Account{own})
	group := GroupFacts{Size: int64(len(others) + len(added) + 1), Known: int64(len(others))}
	if p.Uses("group.minors") {
		for _, a := range append(others, own) {
			f, err := s.cfg.Relations.Facts(ctx, a)
			if err != nil {
				return err
			}
			group.count(f)
		}
	}
	questions := make([]Question, len(added))
	for i, a := range added {
		q := &questions[i]
		q.Action = ActionGroupAdd
		if err := s.fill(ctx, p, q, own, a); err != nil {
			return err
		}
		if group.count(q.Recipient.Facts); q.known() {
			group.Known++
		}
	}
	return s.decideAdds(ctx, p, op, group, questions)
}

// count adds a member of whom something is known.
func (g *GroupFacts) count(f Facts) {
	if f.Age == AgeUnder16 || f.Age == Age16To17 {
		g.Minors++
	}
}

// decideAdds decides on all of questions, and has their strangers paid for.
func (s *Server) decideAdds(ctx context.Context, p Policy, op OperationID, group GroupFacts, questions []Question) error {
	strangers, challenge := 0, false
	for i := range questions {
		q := &questions[i]
		q.Group = group
		d := s.decide(p, q)
		switch d.Effect {
		case EffectDeny:
			return d.refusal()
		case EffectChallenge:
			challenge = true
		case EffectAllow:
			continue
		}
		strangers++
	}
	if strangers == 0 {
		return nil
	}
	return s.spend(ctx, payerOf(op), SpendGroupAdd, strangers, challenge)
}
