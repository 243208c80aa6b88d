// Package passkeys is the server's [server.Passkeys], over internal/webauthn.
package passkeys

import (
	"errors"
	"fmt"
	"strings"

	"parley/internal/webauthn"
	"parley/server"
)

// A Config says for which site passkeys are.
type Config struct {
	ID      string   // of the relying party: a domain. Empty: that of Origins
	Name    string   // of the site, for people; empty: ID
	Origins []string // scheme://host[:port] under which browsers reach the server, the first one first
	Parents []string // origins of pages that may show this one's in a frame, and use passkeys there
}

// ErrNoSite is returned where browsers could make no passkey: it takes https, or
// localhost, under a name.
var ErrNoSite = errors.New("passkeys: no origin has a name, and https or localhost")

// A Verifier implements [server.Passkeys].
type Verifier struct{ site webauthn.Site }

var _ server.Passkeys = (*Verifier)(nil)

// New returns what checks the passkeys of a site. Origins that aren't the site's, or
// in which browsers have no passkeys, are passed over: if that leaves none, it
// returns ErrNoSite.
func New(c Config) (*Verifier, error) {
	s := webauthn.Site{ID: c.ID, Name: c.Name, Parents: exact(c.Parents)}
	for _, o := range c.Origins {
		host := webauthn.Host(o)
		if host == "" {
			continue
		}
		if s.ID == "" {
			s.ID = host
		}
		if host == s.ID || strings.HasSuffix(host, "."+s.ID) {
			s.Origins = append(s.Origins, o)
		}
	}
	if len(s.Origins) == 0 {
		return nil, ErrNoSite
	}
	if s.Name == "" {
		s.Name = s.ID
	}
	return &Verifier{s}, nil
}

// exact returns the origins that aren't patterns: what a browser says of a parent is
// compared.
func exact(parents []string) (all []string) {
	for _, p := range parents {
		if !strings.Contains(p, "*") {
			all = append(all, p)
		}
	}
	return all
}

// ID returns the relying party's id.
func (v *Verifier) ID() string { return v.site.ID }

// CreationOptions implements [server.Passkeys].
func (v *Verifier) CreationOptions(o server.PasskeyCreation) ([]byte, error) {
	return v.site.CreationOptions(o.User, o.Name, o.Challenge, o.Exclude)
}

// RequestOptions implements [server.Passkeys].
func (v *Verifier) RequestOptions(challenge []byte) ([]byte, error) {
	return v.site.RequestOptions(challenge)
}

// Created implements [server.Passkeys].
func (v *Verifier) Created(answer, challenge []byte) (*server.Passkey, error) {
	k, err := v.site.Created(answer, challenge)
	if err != nil {
		return nil, bad(err)
	}
	return &server.Passkey{ID: k.ID, Key: k.Key, Backup: k.Backup, Count: k.Count}, nil
}

// Used implements [server.Passkeys].
func (v *Verifier) Used(answer, challenge, user []byte, known []server.Passkey) (which int, count uint32, err error) {
	keys := make([]webauthn.Key, len(known))
	for i := range known {
		keys[i] = webauthn.Key{ID: known[i].ID, Key: known[i].Key, Backup: known[i].Backup, Count: known[i].Count}
	}
	if which, count, err = v.site.Used(answer, challenge, user, keys); err != nil {
		return 0, 0, bad(err)
	}
	return which, count, nil
}

// bad is ErrBadPasskey for a reason. The reason may hold what a stranger wrote: it
// is for tests, and goes into no log.
func bad(reason error) error { return fmt.Errorf("%w: %v", server.ErrBadPasskey, reason) }
