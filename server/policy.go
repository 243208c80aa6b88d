package server

import (
	"context"
	"sync/atomic"

	"parley/wire"
)

// An Action is what one person wants to do to another.
type Action string

// The actions.
const (
	ActionMessage  Action = "message"   // to begin a conversation, and to write in it
	ActionGroupAdd Action = "group_add" // to add somebody to a group, also to a new one
)

// An Effect is what a policy decides.
type Effect string

// The effects.
const (
	EffectAllow     Effect = "allow"
	EffectKnock     Effect = "knock"     // as a request: until it is accepted, one message of text
	EffectChallenge Effect = "challenge" // as knock, once a puzzle is solved
	EffectDeny      Effect = "deny"
)

// A Question is what a policy decides on: who wants to do what to whom. There is
// no name in it, and no content.
type Question struct {
	Action    Action
	Sender    Person
	Recipient Person

	Mutual   bool // each follows the other
	Follows  bool // the sender follows the recipient
	Followed bool // the recipient follows the sender
	Contact  bool // the recipient has the sender among its contacts
	Accepted bool // the recipient has accepted the sender here

	Group GroupFacts // of ActionGroupAdd
}

// A Person is one side of a [Question].
type Person struct {
	Facts
	Days    int64 // since the account was made here
	Pending int64 // of the sender: requests that nobody has accepted yet
}

// GroupFacts are those of the group that somebody is to be added to, as it would be.
type GroupFacts struct {
	Size   int64 // accounts
	Known  int64 // that have accepted who adds, or were accepted by it
	Minors int64 // under 18
}

// A Decision is a policy's.
type Decision struct {
	Effect Effect
	Rule   string      // its name in the policy, for the log
	Reason wire.Reason // of EffectDeny: what the sender is told; empty: that it isn't accepted
}

// A Policy decides who may reach whom. Decide is pure and bounded; an error, which
// says nothing of the people, refuses. It is safe for concurrent use.
type Policy interface {
	Decide(q *Question) (Decision, error)
	// Uses reports whether a rule asks for a variable: what none asks for isn't
	// looked up.
	Uses(variable string) bool
}

// A decided says how often a rule has decided something that is noted.
type decided struct {
	n   atomic.Uint64
	log seldom
}

// A policySet is what is in force; Policy may be nil.
type policySet struct{ Policy }

// SetPolicy puts a policy into force, from the next decision on. With nil whoever
// isn't blocked may do anything.
func (s *Server) SetPolicy(p Policy) {
	s.policy.Store(&policySet{p})
	s.verdicts.forgetAll()
}

// inForce returns the policy, nil where there is none.
func (s *Server) inForce() Policy { return s.policy.Load().Policy }

// A Captcha is the platform's proof that a person is there, for who goes on after
// too many puzzles.
type Captcha interface {
	// Page is the address of the page that gives an answer.
	Page() string
	// Verify reports whether an answer is right. An error: it can't be known now.
	Verify(ctx context.Context, answer string) (bool, error)
}
