// Package suite holds the cipher suites of MLS: the cryptographic objects of
// RFC 9420, Section 5, and the labelled derivations of RFC 9420, Section 8, each
// as a method of an immutable [Suite].
//
// A suite is a value that the caller passes in; nothing is registered, so that a
// program carries only the algorithms whose constructors it names. The suites of
// this package need no algorithm from outside the standard library but
// ChaCha20-Poly1305, which is golang.org/x/crypto's. [New] makes others, of any
// [HPKE] and [Signatures].
package suite

import (
	"crypto"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"hash"
	"sync"
)

// ID is the number of a cipher suite on the wire (RFC 9420, Section 17.1).
type ID uint16

// Suite is one cipher suite. It is immutable and safe for concurrent use.
// The zero Suite is not usable; [New] and the constructors by name make them.
type Suite struct {
	id      ID
	name    string
	hash    func() hash.Hash
	nh      int // bytes of a hash, of KDF.Nh and of a MAC
	hpke    HPKE
	newAEAD func(key []byte) (cipher.AEAD, error)
	nk      int // bytes of an AEAD key
	sig     Signatures
	keyed   sync.Pool // of *keyed
}

// Parameters say what a suite consists of (RFC 9420, Section 5.1).
type Parameters struct {
	ID   ID
	Name string // in its specification
	// Hash serves for the transcript, the MAC and the key schedule's HKDF: one of
	// crypto.SHA256, SHA384, SHA512.
	Hash crypto.Hash
	// AEAD protects messages: AES-128-GCM, AES-256-GCM or ChaCha20-Poly1305.
	AEAD       AEAD
	HPKE       HPKE
	Signatures Signatures
}

// AEAD is authenticated encryption as crypto/hpke names it, by its number of
// RFC 9180, Section 7.3.
type AEAD interface{ ID() uint16 }

// ErrParameters: there is no suite of such parts.
var ErrParameters = errors.New("suite: parameters not supported")

// New returns the suite of p. It returns [ErrParameters] if a part is missing, or
// an algorithm that p names is not one of those named at its field.
func New(p Parameters) (*Suite, error) {
	s := &Suite{id: p.ID, name: p.Name, hpke: p.HPKE, sig: p.Signatures}
	if p.HPKE == nil || p.Signatures == nil || p.AEAD == nil {
		return nil, ErrParameters
	}
	switch p.Hash {
	case crypto.SHA256:
		s.hash, s.nh = sha256.New, sha256.Size
	case crypto.SHA384:
		s.hash, s.nh = sha512.New384, sha512.Size384
	case crypto.SHA512:
		s.hash, s.nh = sha512.New, sha512.Size
	default:
		return nil, ErrParameters
	}
	if s.newAEAD, s.nk = aeadOf(p.AEAD.ID()); s.newAEAD == nil {
		return nil, ErrParameters
	}
	return s, nil
}

// nonceSize is AEAD.Nn, the same for every AEAD of RFC 9420, Section 17.1.
const nonceSize = 12

// tagSize is by how much every AEAD of RFC 9420, Section 17.1 makes a plaintext
// longer.
const tagSize = 16

// ID returns the number of the suite.
func (s *Suite) ID() ID { return s.id }

// Name returns the name of the suite in its specification.
func (s *Suite) Name() string { return s.name }

// HashSize returns the bytes of a hash, which are those of KDF.Nh and of a MAC.
func (s *Suite) HashSize() int { return s.nh }

// KeySize returns AEAD.Nk, in bytes.
func (s *Suite) KeySize() int { return s.nk }

// NonceSize returns AEAD.Nn, in bytes.
func (s *Suite) NonceSize() int { return nonceSize }

// TagSize returns the bytes by which the AEAD makes a plaintext longer.
func (s *Suite) TagSize() int { return tagSize }

// KEMOutputSize returns the bytes of a KEM output.
func (s *Suite) KEMOutputSize() int { return s.hpke.KEMOutputSize() }

// Hash returns the hash of the concatenation of parts.
func (s *Suite) Hash(parts ...[]byte) []byte {
	h := s.hash()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
