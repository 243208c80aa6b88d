// Package webauthn checks passkeys, over the go-webauthn library: W3C Web
// Authentication, Level 3. The server's accounts and the desk's staff are checked by
// it, each with what they keep. It keeps nothing.
package webauthn

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
)

var (
	// ErrNoSite is returned for an origin in which browsers have no passkeys: they take
	// https, or localhost, under a name.
	ErrNoSite = errors.New("webauthn: the origin needs a name, and https or localhost")
	// ErrBad is returned for an answer that doesn't prove what it should. Its text may hold
	// what a stranger wrote: it goes into no log.
	ErrBad = errors.New("webauthn: not a proof")
)

// A Site is who asks for passkeys: the relying party.
type Site struct {
	ID      string   // a domain
	Name    string   // for people
	Origins []string // scheme://host[:port] of its pages
	Parents []string // origins of pages that may show those in a frame
}

// At returns the site of one origin, in no frame, or ErrNoSite.
func At(origin string) (*Site, error) {
	host := Host(origin)
	if u, err := url.Parse(origin); host == "" || err != nil || u.Path != "" {
		return nil, ErrNoSite
	}
	return &Site{ID: host, Name: host, Origins: []string{origin}}, nil
}

// Host returns the host of an origin in which browsers have passkeys, or nothing.
func Host(origin string) string {
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

// A Key is what is to be kept of a passkey.
type Key struct {
	ID     []byte // of the credential: 1 to 1,023 bytes
	Key    []byte // COSE_Key: public
	Backup bool   // it may be copied to other devices of its owner; never changes
	Count  uint32 // of signatures, as the authenticator said last; 0 where it doesn't count
}

// maxID bounds a credential's id (WebAuthn, Section 4), maxKey its public key.
const (
	maxID  = 1023
	maxKey = 2 << 10
)

// algorithms are those of keys that are taken, best first.
var algorithms = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// timeout is how long a browser asks its person, in milliseconds: less than a
// challenge lasts.
const timeout = 240_000

// CreationOptions are JSON for navigator.credentials.create. user stands for the person,
// in at most 64 bytes; exclude are ids of keys that the person has. The passkey has to be
// found without naming it, since that would tell whose there are; and its person has to be
// verified, since it takes a passphrase's place. Who made the authenticator is none of
// the site's business.
func (s *Site) CreationOptions(user []byte, name string, challenge []byte, exclude [][]byte) ([]byte, error) {
	resident := true
	options := protocol.PublicKeyCredentialCreationOptions{
		RelyingParty: protocol.RelyingPartyEntity{CredentialEntity: protocol.CredentialEntity{Name: s.Name}, ID: s.ID},
		User: protocol.UserEntity{
			CredentialEntity: protocol.CredentialEntity{Name: name}, DisplayName: name, ID: protocol.URLEncodedBase64(user),
		},
		Challenge:  challenge,
		Parameters: algorithms,
		Timeout:    timeout,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: &resident, ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
		Attestation: protocol.PreferNoAttestation,
	}
	for _, id := range exclude {
		options.CredentialExcludeList = append(options.CredentialExcludeList, protocol.CredentialDescriptor{
			Type: protocol.PublicKeyCredentialType, CredentialID: id,
		})
	}
	return json.Marshal(options)
}

// RequestOptions are JSON for navigator.credentials.get. They name nobody.
func (s *Site) RequestOptions(challenge []byte) ([]byte, error) {
	return json.Marshal(protocol.PublicKeyCredentialRequestOptions{
		Challenge: challenge, Timeout: timeout, RelyingPartyID: s.ID, UserVerification: protocol.VerificationRequired,
	})
}

// Created checks a new passkey, or returns ErrBad: WebAuthn, Section 7.1.
func (s *Site) Created(answer, challenge []byte) (*Key, error) {
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
	_, err = parsed.Verify(encoded(challenge), s.ID, s.Origins, nil, s.Parents, protocol.TopOriginExplicitVerificationMode,
		len(s.Parents) > 0, true, true, nil, algorithms, protocol.AttestationPolicy{}, protocol.SignaturePolicy{})
	if err != nil {
		return nil, bad(err)
	}
	data := &object.AuthData
	k := &Key{
		ID: data.AttData.CredentialID, Key: data.AttData.CredentialPublicKey, Backup: data.Flags.HasBackupEligible(), Count: data.Counter,
	}
	if len(k.ID) == 0 || len(k.ID) > maxID || len(k.Key) > maxKey {
		return nil, bad(errors.New("an id or a key of a wrong size"))
	}
	if _, err := webauthncose.ParsePublicKey(k.Key); err != nil {
		return nil, bad(err)
	}
	return k, nil
}

// User returns what an answer says of whose passkey it is: the user of
// CreationOptions, or nothing. It proves nothing: see Used.
func User(answer []byte) ([]byte, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes(answer)
	if err != nil {
		return nil, bad(err)
	}
	return parsed.Response.UserHandle, nil
}

// Used checks an answer by the passkeys of a person, whom user stands for, and returns
// which one it was and how often that has signed; ErrBad: WebAuthn, Section 7.2. Whether
// the count has grown is the caller's to look at.
func (s *Site) Used(answer, challenge, user []byte, known []Key) (which int, count uint32, err error) {
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
		return 0, 0, bad(errors.New("not one of the person's"))
	}
	err = parsed.Verify(encoded(challenge), s.ID, "", s.Origins, nil, s.Parents, protocol.TopOriginExplicitVerificationMode,
		len(s.Parents) > 0, true, true, known[which].Key, protocol.SignaturePolicy{})
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

func bad(reason error) error { return fmt.Errorf("%w: %v", ErrBad, reason) }
