package suite

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"hash"
	"io"
)

// ecdsaSignatures is ECDSA over a NIST curve; signatures are DER, public keys
// uncompressed points (RFC 9420, Section 5.1.1).
type ecdsaSignatures struct {
	curve elliptic.Curve
	hash  func() hash.Hash
}

func (e ecdsaSignatures) digest(message []byte) []byte {
	h := e.hash()
	h.Write(message)
	return h.Sum(nil)
}

func (e ecdsaSignatures) sign(priv SignaturePrivateKey, message []byte) ([]byte, error) {
	key, err := ecdsa.ParseRawPrivateKey(e.curve, priv)
	if err != nil {
		return nil, ErrKey
	}
	return ecdsa.SignASN1(rand.Reader, key, e.digest(message))
}

func (e ecdsaSignatures) verify(pub SignaturePublicKey, message, signature []byte) bool {
	key, err := ecdsa.ParseUncompressedPublicKey(e.curve, pub)
	return err == nil && ecdsa.VerifyASN1(key, e.digest(message), signature)
}

func (e ecdsaSignatures) generate(random io.Reader) (SignaturePrivateKey, SignaturePublicKey, error) {
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
	return e.private(raw)
}

func (e ecdsaSignatures) private(raw []byte) (SignaturePrivateKey, SignaturePublicKey, error) {
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

func (e ecdsaSignatures) check(pub SignaturePublicKey) bool {
	_, err := ecdsa.ParseUncompressedPublicKey(e.curve, pub)
	return err == nil
}
