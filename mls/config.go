package mls

import (
	"errors"
	"io"
	"slices"
	"time"

	"parley/mls/public"
)

// errIdentity: a leaf that replaces another claims another identity.
var errIdentity = errors.New("mls: identity changed")

// Config says what a member accepts and where it gets time and chance from. It
// must not change once in use. The zero Config supports no suite.
type Config struct {
	// Suites are the cipher suites at hand, the preferred one first. One may be
	// of one's own making (RFC 9420, Section 13.1).
	Suites []*public.Suite
	// Now is the clock; nil means time.Now.
	Now func() time.Time
	// Rand is the source of fresh keys and nonces; nil means crypto/rand.
	// (HPKE's ephemeral keys always come from crypto/rand.)
	Rand io.Reader
	// CheckMember is the application's judgement of a credential
	// (RFC 9420, Section 5.3.1): it is asked about each member of a group that
	// is joined, and each new or changed leaf of a commit. An error refuses the
	// join or commit. Nil accepts all. A changed leaf always keeps its
	// identity; that is checked before.
	CheckMember func(public.LeafView) error
	// CheckExternalSender is likewise asked about the external senders of a group
	// that is joined, and of a commit that changes them. A verifier in Credentials
	// is asked before. Nil accepts all that a verifier does not refuse.
	CheckExternalSender func(public.ExternalSender) error
	// ExternalPSK returns the external pre-shared key with the given id, nil if
	// there is none (RFC 9420, Section 8.4). A nil function has none.
	ExternalPSK func(id []byte) []byte
	// ComponentPSK is likewise for the keys of components
	// (draft-ietf-mls-extensions-10, Section 4.5).
	ComponentPSK func(component public.ComponentID, id []byte) []byte
	// ResumptionPSK returns the resumption PSK of an epoch of another group, or
	// of one that this group has no longer (RFC 9420, Section 8.6); nil if there
	// is none. Members of the other group give it with [Group.ResumptionPSK].
	ResumptionPSK func(groupID []byte, epoch uint64) []byte
	// HasGroup reports whether the client is in a group with the given id
	// already: then it can't join another (RFC 9420, Section 12.4.3.1). Nil
	// leaves that to the client.
	HasGroup func(groupID []byte) bool
	// Credentials verify credentials of other types than basic
	// (RFC 9420, Section 13.3).
	Credentials []CredentialVerifier
	// PrivateHandshakes encrypts the proposals and commits that we send. A
	// delivery service can't check those then.
	PrivateHandshakes bool
	// TreeOutOfBand leaves the ratchet tree out of every GroupInfo and Welcome
	// that we make; joiners get it from elsewhere, as [Group.RatchetTree] gives
	// it (RFC 9420, Section 12.4.3.3).
	TreeOutOfBand bool
	// NoGREASE leaves out the random values by which others learn to ignore
	// what they don't know (RFC 9420, Section 13.5).
	NoGREASE bool
	// Components and SafeAAD are the components that the application has, and
	// those of them that attach items to messages: our leaves list them
	// (draft-ietf-mls-extensions-10, Section 5).
	Components []public.ComponentID
	SafeAAD    []public.ComponentID
	// WireFormats are those beyond the default ones that the application reads
	// itself: our leaves list them (draft-ietf-mls-extensions-10, Section 5).
	WireFormats public.WireFormats
	// CustomProposals, UpdateComponent, CheckEphemeral and MaxProposals are
	// those of [public.Config]. Our leaves list what is set as supported.
	CustomProposals map[public.ProposalType]public.ProposalPolicy
	UpdateComponent func(id public.ComponentID, old []byte, updates [][]byte) ([]byte, error)
	CheckEphemeral  func(public.ComponentData) error
	MaxProposals    int
	// MaxLifetime and MaxLeaves are those of [public.Config].
	MaxLifetime time.Duration
	MaxLeaves   uint32
}

func (c *Config) now() time.Time {
	if c.Now == nil {
		return time.Now()
	}
	return c.Now()
}

// suite returns the suite with the number id, or [ErrSuite].
func (c *Config) suite(id public.CipherSuite) (*public.Suite, error) {
	i := slices.IndexFunc(c.Suites, func(s *public.Suite) bool { return s.ID() == id })
	if i < 0 {
		return nil, ErrSuite
	}
	return c.Suites[i], nil
}

// public returns the configuration of the public side.
func (c *Config) public() *public.Config {
	return &public.Config{
		Suites: c.Suites, Now: c.now, MaxLifetime: c.MaxLifetime, MaxLeaves: c.MaxLeaves,
		CheckLeaf: c.checkLeaf, CheckExternalSender: c.checkExternalSender, MaxProposals: c.MaxProposals, CustomProposals: c.CustomProposals,
		UpdateComponent: c.UpdateComponent, CheckEphemeral: c.CheckEphemeral,
	}
}
