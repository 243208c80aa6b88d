// Package passkeys is the server's [server.Passkeys]: W3C WebAuthn over the
// go-webauthn library. It keeps nothing.
package passkeys

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"

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
type Verifier struct {
	id, name         string
	origins, parents []string
}

var _ server.Passkeys = (*Verifier)(nil)

// New returns what checks the passkeys of a site. Origins that aren't the site's, or
// in which browsers have no passkeys, are passed over: if that leaves none, it
// returns ErrNoSite.
func New(c Config) (*Verifier, error) {
	v := &Verifier{id: c.ID, name: c.Name, parents: exact(c.Parents)}
	for _, o := range c.Origins {
		host := usable(o)
		if host == "" {
			continue
		}
		if v.id == "" {
			v.id = host
		}
		if host == v.id || strings.HasSuffix(host, "."+v.id) {
			v.origins = append(v.origins, o)
		}
	}
	if len(v.origins) == 0 {
		return nil, ErrNoSite
	}
	if v.name == "" {
		v.name = v.id
	}
	return v, nil
}

// usable returns the host of an origin in which browsers have passkeys, or nothing.
func usable(origin string) string {
	u, err := url.Parse(origin)
	if err != nil {
		return ""
	}
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil || u.Scheme != "https" && host != "localhost" {
		return ""
	}
	return host
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
func (v *Verifier) ID() string { return v.id }

// algorithms are those of keys that are taken, best first.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// timeout is how long the browser asks its person, in milliseconds: less than a
// challenge lasts.
const timeout = 240_000

// CreationOptions implements [server.Passkeys]. The passkey has to be found without
// naming it, since naming an account's would tell that there is one; and its person
// has to be verified, since it takes a passphrase's place. Who made the
// authenticator is none of the site's business.
func (v *Verifier) CreationOptions(o server.PasskeyCreation) ([]byte, error) {
	resident := true
	options := protocol.PublicKeyCredentialCreationOptions{
		RelyingParty: protocol.RelyingPartyEntity{CredentialEntity: protocol.CredentialEntity{Name: v.name}, ID: v.id},
		User: protocol.UserEntity{
			CredentialEntity: protocol.CredentialEntity{Name: o.Name}, DisplayName: o.Name, ID: protocol.URLEncodedBase64(o.User),
		},
		Challenge:  o.Challenge,
		Parameters: algorithms,
		Timeout:    timeout,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &resident, ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
		Attestation: protocol.PreferNoAttestation,
	}
	for _, id := range o.Exclude {
		options.CredentialExcludeList = append(options.CredentialExcludeList, protocol.CredentialDescriptor{
			Type: protocol.PublicKeyCredentialType, CredentialID: id,
		})
	}
	return json.Marshal(options)
}

// RequestOptions implements [server.Passkeys].
func (v *Verifier) RequestOptions(challenge []byte) ([]byte, error) {
	return json.Marshal(protocol.PublicKeyCredentialRequestOptions{
		Challenge: challenge, Timeout: timeout, RelyingPartyID: v.id, UserVerification: protocol.VerificationRequired,
	})
}

// maxID bounds a credential's id (WebAuthn, Section 4), maxKey its public key.
const (
	maxID  = 1023
	maxKey = 2 << 10
)

// Created implements [server.Passkeys]: WebAuthn, Section 7.1.
func (v *Verifier) Created(answer, challenge []byte) (*server.Passkey, error) {
	parsed, err := protocol.ParseCredentialCreationResponseBytes(answer)
	if err != nil {
		return nil, bad(err)
	}
	object := &parsed.Response.AttestationObject
	switch protocol.AttestationFormat(object.Format) {
	case protocol.AttestationFormatNone, protocol.AttestationFormatPacked:
	default: // none was asked for, so that a browser passes on none of the others
		return nil, bad(errors.New("an attestation that wasn't asked for"))
	}
	_, err = parsed.Verify(encoded(challenge), v.id, v.origins, nil, v.parents, protocol.TopOriginExplicitVerificationMode,
		len(v.parents) > 0, true, true, nil, algorithms, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return nil, bad(err)
	}
	data := &object.AuthData
	p := &server.Passkey{
		ID: data.AttData.CredentialID, Key: data.AttData.CredentialPublicKey, Backup: data.Flags.HasBackupEligible(), Count: data.Counter,
	}
	if len(p.ID) == 0 || len(p.ID) > maxID || len(p.Key) > maxKey {
		return nil, bad(errors.New("an id or a key of a wrong size"))
	}
	if _, err := webauthncose.ParsePublicKey(p.Key); err != nil {
		return nil, bad(err)
	}
	return p, nil
}

// Used implements [server.Passkeys]: WebAuthn, Section 7.2.
func (v *Verifier) Used(answer, challenge, user []byte, known []server.Passkey) (which int, count uint32, err error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return 0, 0, bad(err)
	}
	which = -1
	for i := range known {
		if bytes.Equal(known[i].ID, parsed.RawID) {
			which = i
		}
	}
	if which < 0 || len(parsed.Response.UserHandle) > 0 && !bytes.Equal(parsed.Response.UserHandle, user) {
		return 0, 0, bad(errors.New("not one of the account's"))
	}
	err = parsed.Verify(encoded(challenge), v.id, "", v.origins, nil, v.parents, protocol.TopOriginExplicitVerificationMode,
		len(v.parents) > 0, true, true, known[which].Key, protocol.SignaturePolicy{})
	if err != nil {
		return 0, 0, bad(err)
	}
	data := &parsed.Response.AuthenticatorData
	if data.Flags.HasBackupEligible() != known[which].Backup { // Section 7.2: it never changes
		return 0, 0, bad(errors.New("another authenticator's"))
	}
	return which, data.Counter, nil
}

func encoded(challenge []byte) string { return base64.RawURLEncoding.EncodeToString(challenge) }

// bad is ErrBadPasskey for a reason. The reason may hold what a stranger wrote: it
// is for tests, and goes into no log.
func bad(reason error) error { return fmt.Errorf("%w: %v", server.ErrBadPasskey, reason) }
