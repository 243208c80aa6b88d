// Package schedule is the key schedule of RFC 9420, Section 8: from one epoch's
// init secret, a commit secret and pre-shared keys to the secrets of the next
// epoch.
//
//	init_secret[n-1] ─► Extract ◄─ commit_secret
//	                       │ "joiner", GroupContext[n]
//	                  joiner_secret
//	                       │
//	                    Extract ◄─ psk_secret ──► "welcome" = welcome_secret
//	                       │ "epoch", GroupContext[n]
//	                  epoch_secret ──► the secrets of Epoch
//
// The functions keep nothing. Intermediate secrets are erased here; those that
// callers pass in are theirs to erase.
package schedule

import (
	"errors"
	"slices"

	"parley/mls/internal/suite"
)

// ErrExportLength: the length of an exported secret is out of range.
var ErrExportLength = errors.New("mls/internal/schedule: export length out of range")

// Epoch holds the secrets of one epoch (RFC 9420, Section 8), each HashSize
// bytes. A secret that its owner has given away or erased is nil.
type Epoch struct {
	SenderData    suite.Secret // encrypts who sent a PrivateMessage
	Encryption    suite.Secret // root of the secret tree
	Exporter      suite.Secret
	External      suite.Secret // its key pair lets outsiders join
	Confirmation  suite.Secret // key of the confirmation tag
	Membership    suite.Secret // key of membership tags
	Resumption    suite.Secret // resumption PSK
	Authenticator suite.Secret // epoch authenticator: not secret from members, and shown to people
	Init          suite.Secret // begins the next epoch
	// ApplicationExport is the root of the tree from which components export
	// secrets (draft-ietf-mls-extensions-10, Section 4.4).
	ApplicationExport suite.Secret
}

// Joiner returns joiner_secret. context is the encoded GroupContext of the new
// epoch.
func Joiner(s *suite.Suite, initSecret, commitSecret suite.Secret, context []byte) suite.Secret {
	extracted := s.Extract(initSecret, commitSecret)
	defer extracted.Erase()
	return s.ExpandWithLabel(extracted, "joiner", context, s.HashSize())
}

// Welcome returns welcome_secret, which encrypts the GroupInfo of a Welcome.
func Welcome(s *suite.Suite, joiner, psk suite.Secret) suite.Secret {
	member := s.Extract(joiner, psk)
	defer member.Erase()
	return s.DeriveSecret(member, "welcome")
}

// WelcomeKey returns the AEAD key and nonce that welcomeSecret gives
// (RFC 9420, Section 12.4.3.1).
func WelcomeKey(s *suite.Suite, welcomeSecret suite.Secret) (key, nonce suite.Secret) {
	return s.ExpandWithLabel(welcomeSecret, "key", nil, s.KeySize()),
		s.ExpandWithLabel(welcomeSecret, "nonce", nil, s.NonceSize())
}

// New returns the secrets of the epoch whose encoded GroupContext is context.
func New(s *suite.Suite, joiner, psk suite.Secret, context []byte) *Epoch {
	member := s.Extract(joiner, psk)
	defer member.Erase()
	epoch := s.ExpandWithLabel(member, "epoch", context, s.HashSize())
	defer epoch.Erase()
	return FromEpochSecret(s, epoch)
}

// FromEpochSecret returns what an epoch secret gives; of a new group it is
// random (RFC 9420, Section 11).
func FromEpochSecret(s *suite.Suite, epoch suite.Secret) *Epoch {
	return &Epoch{
		SenderData:    s.DeriveSecret(epoch, "sender data"),
		Encryption:    s.DeriveSecret(epoch, "encryption"),
		Exporter:      s.DeriveSecret(epoch, "exporter"),
		External:      s.DeriveSecret(epoch, "external"),
		Confirmation:  s.DeriveSecret(epoch, "confirm"),
		Membership:    s.DeriveSecret(epoch, "membership"),
		Resumption:    s.DeriveSecret(epoch, "resumption"),
		Authenticator: s.DeriveSecret(epoch, "authentication"),
		Init:          s.DeriveSecret(epoch, "init"),

		ApplicationExport: s.DeriveSecret(epoch, "application_export"),
	}
}

// ConfirmationTag returns the tag over a confirmed transcript hash
// (RFC 9420, Section 6.1).
func (e *Epoch) ConfirmationTag(s *suite.Suite, confirmedTranscriptHash []byte) []byte {
	return s.MAC(e.Confirmation, confirmedTranscriptHash)
}

// Export is MLS-Exporter of RFC 9420, Section 8.5. n is 1 to 255 hashes, else
// the error is [ErrExportLength].
func (e *Epoch) Export(s *suite.Suite, label string, context []byte, n int) (suite.Secret, error) {
	if n < 1 || n > s.MaxExpand() {
		return nil, ErrExportLength
	}
	derived := s.DeriveSecret(e.Exporter, label)
	defer derived.Erase()
	return s.ExpandWithLabel(derived, "exported", s.Hash(context), n), nil
}

// Erase overwrites every secret.
func (e *Epoch) Erase() {
	for _, secret := range e.List() {
		secret.Erase()
	}
}

// List returns all secrets, always in the same order, to be read or set. New ones
// come at the end: saved states of older versions have fewer.
func (e *Epoch) List() []*suite.Secret {
	return []*suite.Secret{
		&e.SenderData, &e.Encryption, &e.Exporter, &e.External, &e.Confirmation,
		&e.Membership, &e.Resumption, &e.Authenticator, &e.Init,
		&e.ApplicationExport,
	}
}

// Clone returns a copy that shares no memory with e.
func (e *Epoch) Clone() *Epoch {
	c := *e
	for _, secret := range c.List() {
		*secret = slices.Clone(*secret)
	}
	return &c
}
