package suite

import (
	"io"

	"parley/mls/internal/codec"
)

// signatures is a signature scheme of RFC 9420, Section 17.1.
type signatures interface {
	sign(priv SignaturePrivateKey, message []byte) ([]byte, error)
	verify(pub SignaturePublicKey, message, signature []byte) bool
	generate(random io.Reader) (SignaturePrivateKey, SignaturePublicKey, error)
	// private checks and normalises a private key in the form of the official
	// vectors, and gives its public key.
	private(raw []byte) (SignaturePrivateKey, SignaturePublicKey, error)
	check(pub SignaturePublicKey) bool
}

// SignWithLabel is the function of RFC 9420, Section 5.1.2. It returns [ErrKey]
// if priv is not a key of the suite.
func (s *Suite) SignWithLabel(priv SignaturePrivateKey, label string, content []byte) ([]byte, error) {
	return s.sig.sign(priv, signContent(label, content))
}

// VerifyWithLabel is the function of RFC 9420, Section 5.1.2. It returns
// [ErrSignature] unless signature is one of content by the owner of pub.
func (s *Suite) VerifyWithLabel(pub SignaturePublicKey, label string, content, signature []byte) error {
	if !s.sig.verify(pub, signContent(label, content), signature) {
		return ErrSignature
	}
	return nil
}

// signContent is SignContent of RFC 9420, Section 5.1.2.
func signContent(label string, content []byte) []byte {
	w := codec.NewWriter(8 + len(labelPrefix) + len(label) + len(content))
	w.Vector([]byte(labelPrefix + label))
	w.Vector(content)
	return w.Bytes()
}

// GenerateSignatureKey makes a fresh key pair from random (crypto/rand if nil).
func (s *Suite) GenerateSignatureKey(random io.Reader) (SignaturePrivateKey, SignaturePublicKey, error) {
	return s.sig.generate(random)
}

// NewSignaturePrivateKey checks a private key and returns it with its public
// key. raw is for Ed25519 the seed (32 bytes) or seed || public key (64 bytes),
// for ECDSA the scalar. It returns [ErrKey] for anything else.
func (s *Suite) NewSignaturePrivateKey(raw []byte) (SignaturePrivateKey, SignaturePublicKey, error) {
	return s.sig.private(raw)
}

// CheckSignaturePublicKey returns [ErrKey] if pub is not a key of the suite, in
// its only allowed form.
func (s *Suite) CheckSignaturePublicKey(pub SignaturePublicKey) error {
	if !s.sig.check(pub) {
		return ErrKey
	}
	return nil
}
