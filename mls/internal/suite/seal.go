package suite

import (
	"crypto/rand"
	"errors"
	"io"

	"parley/mls/internal/codec"
)

// Errors of the suite's operations. None says more, so that nothing about a
// secret shows.
var (
	// ErrDecrypt: a ciphertext is not what its key, nonce and context made.
	ErrDecrypt = errors.New("suite: decryption failed")
	// ErrSignature: a signature does not verify.
	ErrSignature = errors.New("suite: bad signature")
	// ErrKey: a key is not one of the suite.
	ErrKey = errors.New("suite: malformed key")
)

// Seal encrypts plaintext under key (KeySize bytes) and nonce (NonceSize
// bytes), which must never meet again. The result is longer by the AEAD's tag.
func (s *Suite) Seal(key, nonce Secret, aad, plaintext []byte) ([]byte, error) {
	a, err := s.newAEAD(key)
	if err != nil || len(nonce) != nonceSize {
		return nil, ErrKey
	}
	out := make([]byte, 0, len(plaintext)+a.Overhead())
	return a.Seal(out, nonce, plaintext, aad), nil
}

// SealInPlace encrypts buf where it stands, as Seal does. Its last TagSize bytes
// are room for the tag. aad must not overlap buf.
func (s *Suite) SealInPlace(key, nonce Secret, aad, buf []byte) error {
	a, err := s.newAEAD(key)
	if err != nil || len(nonce) != nonceSize || len(buf) < tagSize {
		return ErrKey
	}
	a.Seal(buf[:0], nonce, buf[:len(buf)-tagSize], aad)
	return nil
}

// OpenInPlace is Open that leaves the plaintext, which it returns, where the
// ciphertext was. If the error is not nil buf is of no use any more.
func (s *Suite) OpenInPlace(key, nonce Secret, aad, buf []byte) ([]byte, error) {
	a, err := s.newAEAD(key)
	if err != nil || len(nonce) != nonceSize {
		return nil, ErrKey
	}
	plaintext, err := a.Open(buf[:0], nonce, buf, aad)
	if err != nil {
		return nil, ErrDecrypt
	}
	return plaintext, nil
}

// Open decrypts what Seal made, or returns [ErrDecrypt].
func (s *Suite) Open(key, nonce Secret, aad, ciphertext []byte) ([]byte, error) {
	a, err := s.newAEAD(key)
	if err != nil || len(nonce) != nonceSize {
		return nil, ErrKey
	}
	plaintext, err := a.Open(nil, nonce, ciphertext, aad)
	if err != nil {
		return nil, ErrDecrypt
	}
	return plaintext, nil
}

// EncryptWithLabel is the function of RFC 9420, Section 5.1.3. It returns
// [ErrKey] if pub is not a key of the suite.
func (s *Suite) EncryptWithLabel(pub HPKEPublicKey, label string, context, plaintext []byte) (kemOutput, ciphertext []byte, err error) {
	kemOutput, sender, err := s.hpke.NewSender(pub, encryptContext(label, context))
	if err != nil {
		return nil, nil, err
	}
	ciphertext, err = sender.Seal(nil, plaintext)
	if err != nil {
		return nil, nil, err
	}
	return kemOutput, ciphertext, nil
}

// DecryptWithLabel is the function of RFC 9420, Section 5.1.3. It returns
// [ErrDecrypt] for a ciphertext that is not for this key, label and context.
func (s *Suite) DecryptWithLabel(priv HPKEPrivateKey, label string, context, kemOutput, ciphertext []byte) ([]byte, error) {
	r, err := s.hpke.NewRecipient(priv, kemOutput, encryptContext(label, context))
	if err != nil {
		return nil, err
	}
	plaintext, err := r.Open(nil, ciphertext)
	if err != nil {
		return nil, ErrDecrypt
	}
	return plaintext, nil
}

// encryptContext is EncryptContext of RFC 9420, Section 5.1.3.
func encryptContext(label string, context []byte) []byte {
	w := codec.NewWriter(8 + len(labelPrefix) + len(label) + len(context))
	w.Vector([]byte(labelPrefix + label))
	w.Vector(context)
	return w.Bytes()
}

// externalInit is the exporter context of RFC 9420, Section 8.3.
const externalInit = labelPrefix + "external init secret"

// ExternalInitSend makes the init secret of an external join and its KEM output
// for the members (RFC 9420, Section 8.3).
func (s *Suite) ExternalInitSend(externalPub HPKEPublicKey) (kemOutput []byte, initSecret Secret, err error) {
	kemOutput, sender, err := s.hpke.NewSender(externalPub, nil)
	if err != nil {
		return nil, nil, err
	}
	initSecret, err = sender.Export(externalInit, s.nh)
	if err != nil {
		return nil, nil, err
	}
	return kemOutput, initSecret, nil
}

// ExternalInitReceive gives members the init secret that belongs to kemOutput
// (RFC 9420, Section 8.3), or [ErrDecrypt].
func (s *Suite) ExternalInitReceive(externalPriv HPKEPrivateKey, kemOutput []byte) (Secret, error) {
	r, err := s.hpke.NewRecipient(externalPriv, kemOutput, nil)
	if err != nil {
		return nil, err
	}
	return r.Export(externalInit, s.nh)
}

// DeriveHPKEKey is KEM.DeriveKeyPair (RFC 9420, Section 5.1).
func (s *Suite) DeriveHPKEKey(ikm Secret) (HPKEPrivateKey, HPKEPublicKey, error) {
	return s.hpke.DeriveKeyPair(ikm)
}

// GenerateHPKEKey makes a fresh key pair from random (crypto/rand if nil).
func (s *Suite) GenerateHPKEKey(random io.Reader) (HPKEPrivateKey, HPKEPublicKey, error) {
	ikm, err := s.RandomSecret(random)
	if err != nil {
		return nil, nil, err
	}
	defer ikm.Erase()
	return s.DeriveHPKEKey(ikm)
}

// HPKEPublicKeyOf returns the public key of priv, or [ErrKey].
func (s *Suite) HPKEPublicKeyOf(priv HPKEPrivateKey) (HPKEPublicKey, error) {
	return s.hpke.PublicKey(priv)
}

// CheckHPKEPublicKey returns [ErrKey] if pub is not a key of the suite, or one to
// which nobody can encrypt.
func (s *Suite) CheckHPKEPublicKey(pub HPKEPublicKey) error {
	return s.hpke.CheckPublicKey(pub)
}

// RandomSecret reads HashSize bytes from random (crypto/rand if nil).
func (s *Suite) RandomSecret(random io.Reader) (Secret, error) {
	if random == nil {
		random = rand.Reader
	}
	out := make(Secret, s.nh)
	if _, err := io.ReadFull(random, out); err != nil {
		return nil, err
	}
	return out, nil
}
