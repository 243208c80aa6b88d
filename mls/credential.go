package mls

import (
	"bytes"
	"errors"
	"time"

	"parley/mls/public"
)

// errCredentialType: nobody here can verify a credential of that type.
var errCredentialType = errors.New("mls: credential type without a verifier")

// A CredentialVerifier decides whether credentials of one type are true
// (RFC 9420, Section 5.3.1). Basic credentials need none: that of type basic is
// what its body says, until [Config.CheckMember] judges it. A verifier for X.509
// is in package mls/x509cred.
type CredentialVerifier interface {
	// CredentialType is the type that it verifies. Our leaves list it as
	// supported.
	CredentialType() public.CredentialType
	// Identity returns what c claims to be, unverified: the same for two
	// credentials if and only if they are of the same client
	// (RFC 9420, Section 5.3.3). It is called for leaves that were verified
	// when they came into the tree.
	Identity(c *public.Credential) ([]byte, error)
	// Verify returns an error unless c is true at the time now, and binds key,
	// which is the leaf's signature key.
	Verify(c *public.Credential, key public.SignaturePublicKey, now time.Time) error
}

// verifier returns the verifier of a credential type, nil if there is none.
func (c *Config) verifier(t public.CredentialType) CredentialVerifier {
	for _, v := range c.Credentials {
		if v.CredentialType() == t {
			return v
		}
	}
	return nil
}

// identity returns what the credential claims, unverified; nil if that can't be
// told.
func (c *Config) identity(credential *public.Credential) []byte {
	v := c.verifier(credential.Type)
	if v == nil {
		return credential.Identity()
	}
	id, err := v.Identity(credential)
	if err != nil {
		return nil
	}
	return id
}

// verifyCredential verifies that credential is true and binds key.
func (c *Config) verifyCredential(credential *public.Credential, key public.SignaturePublicKey) error {
	v := c.verifier(credential.Type)
	if v != nil {
		return v.Verify(credential, key, c.now())
	}
	if credential.Type != public.BasicCredential {
		return errCredentialType
	}
	return nil
}

// checkExternalSender is what the public side asks about external senders.
func (c *Config) checkExternalSender(s public.ExternalSender) error {
	if err := c.verifyCredential(&s.Credential, s.SignatureKey); err != nil {
		return err
	}
	if c.CheckExternalSender == nil {
		return nil
	}
	return c.CheckExternalSender(s)
}

// checkLeaf is what the public side asks about each new or changed leaf.
func (c *Config) checkLeaf(leaf public.LeafView, replaced *public.LeafNode) error {
	if err := c.verifyCredential(&leaf.Node.Credential, leaf.Node.SignatureKey); err != nil {
		return err
	}
	if replaced != nil && !c.sameClient(&replaced.Credential, &leaf.Node.Credential) {
		return errIdentity
	}
	if c.CheckMember == nil {
		return nil
	}
	return c.CheckMember(leaf)
}

// sameClient reports whether both credentials claim the same identity, which of
// types without a verifier only equal ones do.
func (c *Config) sameClient(a, b *public.Credential) bool {
	if a.Equal(b) {
		return true
	}
	ia, ib := c.identity(a), c.identity(b)
	return ia != nil && bytes.Equal(ia, ib)
}

// credentialTypes lists the types that we support.
func (c *Config) credentialTypes() []public.CredentialType {
	types := []public.CredentialType{public.BasicCredential}
	for _, v := range c.Credentials {
		if t := v.CredentialType(); t != public.BasicCredential {
			types = append(types, t)
		}
	}
	return types
}
