package public

import (
	"bytes"
	"time"
)

// Limits that hold when a [Config] says nothing else.
const (
	DefaultMaxLifetime = 100 * 24 * time.Hour
	DefaultMaxLeaves   = 1 << 16
	// DefaultMaxProposals bounds the proposals kept in one epoch.
	DefaultMaxProposals = 1024
	// MaxProposalsOfSender bounds those of one sender among them.
	MaxProposalsOfSender = 64
	// MaxProposalBytes bounds the encoded proposals kept in one epoch.
	MaxProposalBytes = 8 << 20
)

// Config says what a client or server accepts. It must not change once in use.
type Config struct {
	// Suites are the cipher suites at hand.
	Suites []*Suite
	// Now is the clock against which the lifetimes of key packages are checked
	// when they are validated or added; nil leaves that out.
	Now func() time.Time
	// MaxLifetime bounds NotAfter − NotBefore of a leaf (RFC 9420, Section 7.2):
	// 0 means DefaultMaxLifetime, a negative value no bound. All members of
	// a group must agree on it.
	MaxLifetime time.Duration
	// MaxLeaves bounds the leaves of a tree, blank ones included: 0 means
	// DefaultMaxLeaves.
	MaxLeaves uint32
	// CheckLeaf is the application's judgement of a credential
	// (RFC 9420, Section 5.3.1), asked about each leaf of a tree that is read
	// and about each new or changed leaf of a commit. replaced is the leaf of
	// the same member before (for an external joiner, the leaf that it removes),
	// or nil. An error makes a *RuleError of RuleApplication that wraps it.
	// Without CheckLeaf any new member is accepted, and a leaf may be replaced
	// only by one with the same credential.
	CheckLeaf func(leaf LeafView, replaced *LeafNode) error
	// CheckExternalSender is the application's judgement of the credential and key
	// of an external sender (RFC 9420, Section 5.3.1), asked about each in the
	// extension of a GroupContext that is read, and of a commit that changes it.
	// An error makes a *RuleError of RuleExternalSender that wraps it. Nil accepts
	// all.
	CheckExternalSender func(ExternalSender) error
	// MaxProposals bounds the proposals kept in one epoch: 0 means
	// DefaultMaxProposals.
	MaxProposals int
	// CustomProposals are the types beyond those of this package that the
	// application implements, and how they may be used. All members of a group
	// must agree on that. What they do is the application's business: a
	// StagedCommit lists them.
	CustomProposals map[ProposalType]ProposalPolicy
	// UpdateComponent applies AppDataUpdate proposals: it returns what the
	// GroupContext will hold for component id, given what it held (nil if
	// nothing) and the updates in their order. All members must come to the
	// same. An error refuses the commit with RuleComponentUpdate. Nil knows no
	// component (draft-ietf-mls-extensions-10, Section 4.7).
	UpdateComponent func(id ComponentID, old []byte, updates [][]byte) ([]byte, error)
	// CheckEphemeral judges the data of an AppEphemeral proposal. An error
	// refuses the commit with RuleEphemeral. Nil knows no component
	// (draft-ietf-mls-extensions-10, Section 4.8).
	CheckEphemeral func(ComponentData) error
}

func (c *Config) maxProposals() int {
	if c.MaxProposals == 0 {
		return DefaultMaxProposals
	}
	return c.MaxProposals
}

// suite returns the suite with the number id, or ErrUnsupportedSuite.
func (c *Config) suite(id CipherSuite) (*Suite, error) {
	for _, s := range c.Suites {
		if s.ID() == id {
			return s, nil
		}
	}
	return nil, ErrUnsupportedSuite
}

func (c *Config) maxLeaves() uint32 {
	if c.MaxLeaves == 0 {
		return DefaultMaxLeaves
	}
	return c.MaxLeaves
}

// judge asks the application about leaf.
func (c *Config) judge(leaf LeafView, replaced *LeafNode) error {
	if c.CheckLeaf == nil {
		if replaced != nil && !replaced.Credential.Equal(&leaf.Node.Credential) {
			return broken(RuleSuccessor)
		}
		return nil
	}
	if err := c.CheckLeaf(leaf, replaced); err != nil {
		return &RuleError{Rule: RuleApplication, Err: err}
	}
	return nil
}

// judgeSenders asks the application about the external senders of e, unless they
// are those of before.
func (c *Config) judgeSenders(e, before Extensions) error {
	data, ok := e.Find(ExternalSendersExtension)
	if known, same := before.Find(ExternalSendersExtension); !ok || c.CheckExternalSender == nil || same && bytes.Equal(data, known) {
		return nil
	}
	senders, err := e.externalSenders()
	if err != nil {
		return &RuleError{Rule: RuleGroupExtensions, Err: err}
	}
	for _, sender := range senders {
		if err := c.CheckExternalSender(sender); err != nil {
			return &RuleError{Rule: RuleExternalSender, Err: err}
		}
	}
	return nil
}

// A LeafView is a member of a group: its place and its leaf.
type LeafView struct {
	Index LeafIndex
	Node  *LeafNode // must not be changed
}

// Identity returns the identity of a basic credential, else nil. The caller must
// not change it.
func (l LeafView) Identity() []byte { return l.Node.Credential.Identity() }

// SignatureKey returns the key that signs the member's messages. The caller must
// not change it.
func (l LeafView) SignatureKey() SignaturePublicKey { return l.Node.SignatureKey }
