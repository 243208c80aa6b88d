package suite

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"slices"

	"parley/identity"
)

// ed25519Signatures is Ed25519 with strict verification: the encodings of A and
// R are canonical, S is less than the group order, A is not of small order, and
// the equation is the one without cofactor. Two verifiers of this kind never
// disagree, and a signature can't be altered into another that verifies.
type ed25519Signatures struct{}

// Ed25519 returns the signature scheme Ed25519, verified strictly.
func Ed25519() Signatures { return ed25519Signatures{} }

func (ed25519Signatures) Sign(priv SignaturePrivateKey, message []byte) ([]byte, error) {
	if len(priv) != ed25519.PrivateKeySize {
		return nil, ErrKey
	}
	return ed25519.Sign(ed25519.PrivateKey(priv), message), nil
}

// Verify leaves two of the rules to crypto/ed25519: it refuses S out of range,
// and it compares R with the encoding of its own result, which is canonical.
func (e ed25519Signatures) Verify(pub SignaturePublicKey, message, signature []byte) bool {
	return e.CheckPublicKey(pub) == nil && len(signature) == ed25519.SignatureSize &&
		ed25519.Verify(ed25519.PublicKey(pub), message, signature)
}

func (ed25519Signatures) GenerateKey(random io.Reader) (SignaturePrivateKey, SignaturePublicKey, error) {
	if random == nil {
		random = rand.Reader
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return nil, nil, err
	}
	return ed25519Signatures{}.NewPrivateKey(seed)
}

func (ed25519Signatures) NewPrivateKey(raw []byte) (SignaturePrivateKey, SignaturePublicKey, error) {
	if len(raw) != ed25519.SeedSize && len(raw) != ed25519.PrivateKeySize {
		return nil, nil, ErrKey
	}
	priv := ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize])
	if len(raw) == ed25519.PrivateKeySize && !bytes.Equal(raw, priv) {
		return nil, nil, ErrKey
	}
	return SignaturePrivateKey(priv), SignaturePublicKey(slices.Clone(priv[ed25519.SeedSize:])), nil
}

// CheckPublicKey covers form only: whether pub is a point at all shows in Verify.
// The rules are those that devices' keys obey everywhere.
func (ed25519Signatures) CheckPublicKey(pub SignaturePublicKey) error {
	if _, err := identity.ParsePublicKey(pub); err != nil {
		return ErrKey
	}
	return nil
}
