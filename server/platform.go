package server

import (
	"context"
	"errors"

	"parley/identity"
	"parley/internal/cbor"
)

// An AgeBand is how old a person is, as far as a policy asks.
type AgeBand string

// The bands. The empty one is not known: a platform that knows nothing of ages gets
// a policy that asks for none.
const (
	AgeUnknown AgeBand = ""
	AgeUnder16 AgeBand = "under16"
	Age16To17  AgeBand = "16_17"
	AgeAdult   AgeBand = "adult"
)

// Known reports whether b is one of the bands.
func (b AgeBand) Known() bool {
	switch b {
	case AgeUnknown, AgeUnder16, Age16To17, AgeAdult:
		return true
	}
	return false
}

// Facts are what a platform tells of a person to the relationship policy, and to
// nobody else. The zero value is that of somebody of whom nothing is known.
type Facts struct {
	Age    AgeBand
	Region string // ISO 3166-1 alpha-2, upper case, or empty
}

// A Relationship is how an account stands to another one on the platform. The zero
// value is that of strangers.
type Relationship struct {
	Follows bool // the first follows the second
	Contact bool // the first has the second among its contacts
}

// A Platform says who people are to each other: the site whose people write here.
// It is asked once per conversation and then now and then. An error refuses
// what was to be decided.
type Platform interface {
	Facts(ctx context.Context, account identity.Account) (Facts, error)
	Relationship(ctx context.Context, account, other identity.Account) (Relationship, error)
}

// Records of what a platform has put through the admin API.
const (
	RecordFacts    = "facts"    // one, of key "facts": a factsRecord
	RecordPlatform = "platform" // by the other account's URI: a relationshipRecord
)

const factsKey = "facts"

// MaxPlatformRelations bounds the accounts that a platform says one account stands
// to.
const MaxPlatformRelations = 100_000

type factsRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Age     AgeBand
	Region  string
}

type relationshipRecord struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // 1
	Follows bool
	Contact bool
}

// ErrFacts is a fact or a relationship that can't be.
var ErrFacts = errors.New("server: not a fact that there can be")

// PutFacts keeps what a platform tells of account, in the place of what it told
// before. ErrFacts, ErrNotFound.
func (s *Server) PutFacts(ctx context.Context, account identity.Account, f Facts) error {
	if !f.Age.Known() || !isRegion(f.Region) {
		return ErrFacts
	}
	u := RecordUpdate{Account: account, Kind: RecordFacts, Max: 1}
	if f == (Facts{}) {
		u.Delete = []string{factsKey}
	} else {
		u.Put = []KeyValue{{Key: factsKey, Value: cbor.MustMarshal(factsRecord{Version: 1, Age: f.Age, Region: f.Region})}}
	}
	return s.putPlatform(ctx, u)
}

// PutRelationship keeps how a platform says that account stands to other. The zero
// value forgets it. ErrFacts for an account with itself, ErrNotFound, ErrTooMany.
func (s *Server) PutRelationship(ctx context.Context, account, other identity.Account, r Relationship) error {
	if _, err := identity.ParseAccount(string(other)); err != nil || account == other {
		return ErrFacts
	}
	u := RecordUpdate{Account: account, Kind: RecordPlatform, Max: MaxPlatformRelations}
	if r == (Relationship{}) {
		u.Delete = []string{string(other)}
	} else {
		u.Put = []KeyValue{{Key: string(other), Value: cbor.MustMarshal(relationshipRecord{Version: 1, Follows: r.Follows, Contact: r.Contact})}}
	}
	return s.putPlatform(ctx, u)
}

// putPlatform writes and has what follows from it decided anew, here and at the
// other nodes.
func (s *Server) putPlatform(ctx context.Context, u RecordUpdate) error {
	err := s.store.UpdateRecords(ctx, u)
	s.verdicts.forget(u.Account)
	s.publish(Hint{Relations: []identity.Account{u.Account}})
	return err
}

// isRegion reports whether r is empty or two upper-case letters.
func isRegion(r string) bool {
	return r == "" || len(r) == 2 && r[0] >= 'A' && r[0] <= 'Z' && r[1] >= 'A' && r[1] <= 'Z'
}

// A recordPlatform is the Platform of what was put through the admin API.
type recordPlatform struct{ store Store }

var _ Platform = recordPlatform{}

// Facts implements [Platform].
func (p recordPlatform) Facts(ctx context.Context, account identity.Account) (Facts, error) {
	value, err := p.store.AccountRecord(ctx, account, RecordFacts, factsKey)
	if errors.Is(err, ErrNotFound) {
		return Facts{}, nil
	}
	var r factsRecord
	if err == nil {
		err = cbor.Unmarshal(value, &r)
	}
	return Facts{Age: r.Age, Region: r.Region}, err
}

// Relationship implements [Platform].
func (p recordPlatform) Relationship(ctx context.Context, account, other identity.Account) (Relationship, error) {
	value, err := p.store.AccountRecord(ctx, account, RecordPlatform, string(other))
	if errors.Is(err, ErrNotFound) {
		return Relationship{}, nil
	}
	var r relationshipRecord
	if err == nil {
		err = cbor.Unmarshal(value, &r)
	}
	return Relationship{Follows: r.Follows, Contact: r.Contact}, err
}
