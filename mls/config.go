package mls

import (
	"bytes"
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
	// Suites are the cipher suites at hand, the preferred one first.
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
	// ExternalPSK returns the external pre-shared key with the given id, nil if
	// there is none (RFC 9420, Section 8.4). A nil function has none.
	ExternalPSK func(id []byte) []byte
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
		CheckLeaf: c.checkLeaf,
	}
}

func (c *Config) checkLeaf(leaf public.LeafView, replaced *public.LeafNode) error {
	if replaced != nil && !bytes.Equal(replaced.Credential.Body, leaf.Node.Credential.Body) {
		return errIdentity
	}
	if c.CheckMember == nil {
		return nil
	}
	return c.CheckMember(leaf)
}

// capabilities lists what this implementation supports
// (RFC 9420, Section 7.2), with the extension types of extra.
func (c *Config) capabilities(extra ...public.Extensions) public.Capabilities {
	out := public.Capabilities{
		Versions:    []public.ProtocolVersion{public.MLS10},
		Extensions:  []public.ExtensionType{public.AppDataDictionaryExtension},
		Credentials: []public.CredentialType{public.BasicCredential},
	}
	for _, s := range c.Suites {
		out.CipherSuites = append(out.CipherSuites, s.ID())
	}
	for _, list := range extra {
		for _, e := range list {
			if !out.SupportsExtension(e.Type) {
				out.Extensions = append(out.Extensions, e.Type)
			}
		}
	}
	return out
}
