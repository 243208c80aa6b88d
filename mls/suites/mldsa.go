//go:build !js

package suites

import (
	"io"
	"slices"

	"github.com/cloudflare/circl/sign"
	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"github.com/cloudflare/circl/sign/mldsa/mldsa65"
	"github.com/cloudflare/circl/sign/mldsa/mldsa87"

	"parley/mls/public"
)

// mldsaSignatures is ML-DSA of FIPS 204 with the empty context string, not
// pre-hashed: the TLS schemes mldsa44, mldsa65 and mldsa87, to which
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1 refers. What is signed names its
// use by its label, as with every scheme (RFC 9420, Section 5.1.2).
//
// Keys are the encodings of FIPS 204; a private key is the seed of 32 bytes, the
// form that can't be inconsistent, and is expanded for each signature. Signing is
// the hedged variant, with fresh randomness. Verification is strict by FIPS 204:
// lengths and the one encoding of the hint are checked, and who sees a signature
// can't make another of the same message.
type mldsaSignatures struct {
	scheme sign.Scheme
	sign   func(key sign.PrivateKey, message, signature []byte) error
}

// MLDSA44 returns ML-DSA-44: public keys of 1312 bytes, signatures of 2420.
func MLDSA44() public.Signatures {
	return mldsaSignatures{mldsa44.Scheme(), func(key sign.PrivateKey, message, signature []byte) error {
		return mldsa44.SignTo(key.(*mldsa44.PrivateKey), message, nil, true, signature)
	}}
}

// MLDSA65 returns ML-DSA-65: public keys of 1952 bytes, signatures of 3309.
func MLDSA65() public.Signatures {
	return mldsaSignatures{mldsa65.Scheme(), func(key sign.PrivateKey, message, signature []byte) error {
		return mldsa65.SignTo(key.(*mldsa65.PrivateKey), message, nil, true, signature)
	}}
}

// MLDSA87 returns ML-DSA-87: public keys of 2592 bytes, signatures of 4627.
func MLDSA87() public.Signatures {
	return mldsaSignatures{mldsa87.Scheme(), func(key sign.PrivateKey, message, signature []byte) error {
		return mldsa87.SignTo(key.(*mldsa87.PrivateKey), message, nil, true, signature)
	}}
}

func (m mldsaSignatures) Sign(priv public.SignaturePrivateKey, message []byte) ([]byte, error) {
	if len(priv) != m.scheme.SeedSize() {
		return nil, public.ErrKey
	}
	_, key := m.scheme.DeriveKey(priv)
	signature := make([]byte, m.scheme.SignatureSize())
	if err := m.sign(key, message, signature); err != nil {
		return nil, err
	}
	return signature, nil
}

func (m mldsaSignatures) Verify(pub public.SignaturePublicKey, message, signature []byte) bool {
	key, err := m.scheme.UnmarshalBinaryPublicKey(pub)
	return err == nil && m.scheme.Verify(key, message, signature, nil)
}

func (m mldsaSignatures) GenerateKey(random io.Reader) (public.SignaturePrivateKey, public.SignaturePublicKey, error) {
	seed, err := newSeed(random, m.scheme.SeedSize())
	if err != nil {
		return nil, nil, err
	}
	return m.NewPrivateKey(seed)
}

func (m mldsaSignatures) NewPrivateKey(raw []byte) (public.SignaturePrivateKey, public.SignaturePublicKey, error) {
	if len(raw) != m.scheme.SeedSize() {
		return nil, nil, public.ErrKey
	}
	key, _ := m.scheme.DeriveKey(raw)
	pub, err := key.MarshalBinary()
	if err != nil {
		return nil, nil, public.ErrKey
	}
	return slices.Clone(raw), pub, nil
}

// CheckPublicKey checks the length: every string of that length is a key.
func (m mldsaSignatures) CheckPublicKey(pub public.SignaturePublicKey) error {
	if len(pub) != m.scheme.PublicKeySize() {
		return public.ErrKey
	}
	return nil
}
