//go:build !js

package suite

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"io"
)

// ecdsaSignatures is ECDSA over a NIST curve with the hash of its size;
// signatures are DER, public keys uncompressed points
// (RFC 9420, Section 5.1.1, RFC 9420, Section 5.1.2).
//
// Strict are the encodings: a key has coordinates below p and lies on the curve,
// a signature is DER in its one form with r and s in [1, n-1]. Not so s: of
// (r, s) and (r, n-s) both verify, as RFC 9420 asks for no low s and other
// implementations make either. So a signature by ECDSA is no name for what it
// signs: who sees one can make the other.
type ecdsaSignatures struct {
	curve elliptic.Curve
	hash  func() hash.Hash
}

// ECDSA returns ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384 or
// ecdsa_secp521r1_sha512, by curve, or nil for another curve.
func ECDSA(curve elliptic.Curve) Signatures {
	switch curve {
	case elliptic.P256():
		return ecdsaSignatures{curve, sha256.New}
	case elliptic.P384():
		return ecdsaSignatures{curve, sha512.New384}
	case elliptic.P521():
		return ecdsaSignatures{curve, sha512.New}
	}
	return nil
}

func (e ecdsaSignatures) digest(message []byte) []byte {
	h := e.hash()
	h.Write(message)
	return h.Sum(nil)
}

// Sign returns the signature of message's hash in DER: RFC 9420, Section 5.1.2.
func (e ecdsaSignatures) Sign(priv SignaturePrivateKey, message []byte) ([]byte, error) {
	key, err := ecdsa.ParseRawPrivateKey(e.curve, priv)
	if err != nil {
		return nil, ErrKey
	}
	return ecdsa.SignASN1(rand.Reader, key, e.digest(message))
}

// Verify reports whether signature is one of message by pub: RFC 9420, Section 5.1.2.
func (e ecdsaSignatures) Verify(pub SignaturePublicKey, message, signature []byte) bool {
	key, err := ecdsa.ParseUncompressedPublicKey(e.curve, pub)
	return err == nil && ecdsa.VerifyASN1(key, e.digest(message), signature)
}

// GenerateKey makes a key pair; with a nil random from the system's source.
func (e ecdsaSignatures) GenerateKey(random io.Reader) (SignaturePrivateKey, SignaturePublicKey, error) {
	if random == nil {
		random = rand.Reader
	}
	key, err := ecdsa.GenerateKey(e.curve, random)
	if err != nil {
		return nil, nil, err
	}
	raw, err := key.Bytes()
	if err != nil {
		return nil, nil, ErrKey
	}
	return e.NewPrivateKey(raw)
}

func (e ecdsaSignatures) NewPrivateKey(raw []byte) (SignaturePrivateKey, SignaturePublicKey, error) {
	key, err := ecdsa.ParseRawPrivateKey(e.curve, raw)
	if err != nil {
		return nil, nil, ErrKey
	}
	priv, err := key.Bytes()
	if err != nil {
		return nil, nil, ErrKey
	}
	pub, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, nil, ErrKey
	}
	return priv, pub, nil
}

func (e ecdsaSignatures) CheckPublicKey(pub SignaturePublicKey) error {
	if _, err := ecdsa.ParseUncompressedPublicKey(e.curve, pub); err != nil {
		return ErrKey
	}
	return nil
}
