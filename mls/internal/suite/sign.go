package suite

import (
	"io"

	"parley/mls/internal/codec"
)

// Signatures is a signature scheme (RFC 9420, Section 17.1). It is immutable and
// safe for concurrent use. What a method gets it neither keeps nor changes.
type Signatures interface {
	// Sign returns [ErrKey] unless priv is one that NewPrivateKey returned.
	Sign(priv SignaturePrivateKey, message []byte) ([]byte, error)
	// Verify reports whether signature is one of message by the owner of pub. It
	// is false for a pub that CheckPublicKey refuses.
	Verify(pub SignaturePublicKey, message, signature []byte) bool
	// GenerateKey makes a key pair from random (crypto/rand if nil).
	GenerateKey(random io.Reader) (SignaturePrivateKey, SignaturePublicKey, error)
	// NewPrivateKey checks and normalises a private key in the form of the
	// official vectors, and gives its public key. It returns [ErrKey].
	NewPrivateKey(raw []byte) (SignaturePrivateKey, SignaturePublicKey, error)
	// CheckPublicKey returns [ErrKey] if pub is not a key of the scheme, in its
	// only allowed form. What costs as much as a verification it may leave to
	// Verify.
	CheckPublicKey(pub SignaturePublicKey) error
}

// SignWithLabel is the function of RFC 9420, Section 5.1.2. It returns [ErrKey]
// if priv is not a key of the suite.
func (s *Suite) SignWithLabel(priv SignaturePrivateKey, label string, content []byte) ([]byte, error) {
	return s.Sign(priv, signable(label, content))
}

// VerifyWithLabel is the function of RFC 9420, Section 5.1.2. It returns
// [ErrSignature] unless signature is one of content by the owner of pub.
func (s *Suite) VerifyWithLabel(pub SignaturePublicKey, label string, content, signature []byte) error {
	return s.Verify(pub, signable(label, content), signature)
}

// Sign signs c as SignWithLabel does.
func (s *Suite) Sign(priv SignaturePrivateKey, c Signable) ([]byte, error) {
	return s.sig.Sign(priv, c.encoded)
}

// Verify verifies a signature of c as VerifyWithLabel does.
func (s *Suite) Verify(pub SignaturePublicKey, c Signable, signature []byte) error {
	if !s.sig.Verify(pub, c.encoded, signature) {
		return ErrSignature
	}
	return nil
}

// A Signable is a SignContent of RFC 9420, Section 5.1.2: a label and a content,
// encoded once.
type Signable struct {
	encoded []byte
	content int // its length; it is the end of encoded
}

// NewSignable returns the Signable of the content that write writes, about size
// bytes.
func NewSignable(label string, size int, write func(*codec.Writer)) Signable {
	w := codec.NewWriter(16 + len(labelPrefix) + len(label) + size)
	w.Nested(func(w *codec.Writer) {
		w.Raw([]byte(labelPrefix))
		w.Raw([]byte(label))
	})
	c := Signable{}
	w.Nested(func(w *codec.Writer) {
		before := len(w.Bytes())
		write(w)
		c.content = len(w.Bytes()) - before
	})
	c.encoded = w.Bytes()
	return c
}

func signable(label string, content []byte) Signable {
	return NewSignable(label, len(content), func(w *codec.Writer) { w.Raw(content) })
}

// Content returns the content alone. It aliases c.
func (c Signable) Content() []byte { return c.encoded[len(c.encoded)-c.content:] }

// GenerateSignatureKey makes a fresh key pair from random (crypto/rand if nil).
func (s *Suite) GenerateSignatureKey(random io.Reader) (SignaturePrivateKey, SignaturePublicKey, error) {
	return s.sig.GenerateKey(random)
}

// NewSignaturePrivateKey checks a private key and returns it with its public
// key. raw is for Ed25519 the seed (32 bytes) or seed || public key (64 bytes),
// for Ed448 likewise (57 or 114 bytes), for ECDSA the scalar (32, 48 or 66
// bytes), for ML-DSA the seed (32 bytes). It returns [ErrKey] for anything else.
func (s *Suite) NewSignaturePrivateKey(raw []byte) (SignaturePrivateKey, SignaturePublicKey, error) {
	return s.sig.NewPrivateKey(raw)
}

// CheckSignaturePublicKey returns [ErrKey] if pub is not a key of the suite, in
// its only allowed form.
func (s *Suite) CheckSignaturePublicKey(pub SignaturePublicKey) error {
	return s.sig.CheckPublicKey(pub)
}
