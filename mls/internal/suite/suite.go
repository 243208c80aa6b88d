// Package suite holds the cipher suites of MLS: the cryptographic objects of
// RFC 9420, Section 5, and the labelled derivations of RFC 9420, Section 8, each
// as a method of an immutable [Suite].
//
// A suite is a value that the caller passes in; nothing is registered, so that a
// program carries only the algorithms whose constructors it names. X25519 and
// X25519MLKEM768 need no algorithm from outside the standard library;
// ChaCha20-Poly1305 is golang.org/x/crypto's.
package suite

import (
	"crypto/cipher"
	"crypto/hpke"
	"hash"
)

// ID is the number of a cipher suite on the wire (RFC 9420, Section 17.1).
type ID uint16

// Numbers of the suites implemented here.
const (
	X25519AES128    ID = 0x0001 // MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519
	P256AES128      ID = 0x0002 // MLS_128_DHKEMP256_AES128GCM_SHA256_P256
	X25519ChaCha20  ID = 0x0003 // MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519
	P521AES256      ID = 0x0005 // MLS_256_DHKEMP521_AES256GCM_SHA512_P521
	P384AES256      ID = 0x0007 // MLS_256_DHKEMP384_AES256GCM_SHA384_P384
	XWingPrivateUse ID = 0xF0A2 // what [XWing] is called until IANA assigns a number
)

// Suite is one cipher suite. It is immutable and safe for concurrent use.
// The zero Suite is not usable; see [X25519], [ChaCha20], [P256], [XWing].
type Suite struct {
	id      ID
	name    string
	hash    func() hash.Hash
	nh      int // bytes of a hash, of KDF.Nh and of a MAC
	kem     hpke.KEM
	kdf     hpke.KDF
	hpkeAD  hpke.AEAD
	encLen  int // bytes of the KEM's output
	newAEAD func(key []byte) (cipher.AEAD, error)
	nk      int // bytes of an AEAD key
	sig     signatures
}

// nonceSize is AEAD.Nn, the same for every AEAD of RFC 9420, Section 17.1.
const nonceSize = 12

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

// KEMOutputSize returns the bytes of a KEM output.
func (s *Suite) KEMOutputSize() int { return s.encLen }

// Hash returns the hash of the concatenation of parts.
func (s *Suite) Hash(parts ...[]byte) []byte {
	h := s.hash()
	for _, p := range parts {
		h.Write(p)
	}
	return h.Sum(nil)
}
