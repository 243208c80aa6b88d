//go:build !js

package suites

import (
	"crypto/rand"
	"io"
	"slices"

	"github.com/cloudflare/circl/ecc/goldilocks"
	"github.com/cloudflare/circl/sign/ed448"

	"parley/mls/public"
)

// ed448Signatures is Ed448 without context (RFC 9420, Section 17.1, the scheme
// ed448 of TLS), verified strictly: the encodings of A and R are canonical, S is
// less than the group order, and A lies in the subgroup of prime order and is not
// its identity.
//
// The last rule is stricter than that for Ed25519. circl computes with a point's
// part in the subgroup of prime order only: to it A and A plus a point of order
// four are the same key, where other implementations see different ones. A
// member with such a key could sign what some members accept and others don't.
// No key that was made as RFC 8032 says is refused.
type ed448Signatures struct{}

// Ed448 returns the signature scheme Ed448, verified strictly. Public keys have
// 57 bytes, private ones 114, seed || public key; signatures have 114.
func Ed448() public.Signatures { return ed448Signatures{} }

func (ed448Signatures) Sign(priv public.SignaturePrivateKey, message []byte) ([]byte, error) {
	if len(priv) != ed448.PrivateKeySize {
		return nil, public.ErrKey
	}
	return ed448.Sign(ed448.PrivateKey(priv), message, ""), nil
}

// Verify leaves three of the rules to circl: it refuses points that are not
// canonical and S out of range, and it compares R with the encoding of its own
// result, which is canonical.
func (e ed448Signatures) Verify(pub public.SignaturePublicKey, message, signature []byte) bool {
	return e.CheckPublicKey(pub) == nil && ed448.Verify(ed448.PublicKey(pub), message, signature, "")
}

func (e ed448Signatures) GenerateKey(random io.Reader) (public.SignaturePrivateKey, public.SignaturePublicKey, error) {
	seed, err := newSeed(random, ed448.SeedSize)
	if err != nil {
		return nil, nil, err
	}
	defer clear(seed)
	return e.NewPrivateKey(seed)
}

func (ed448Signatures) NewPrivateKey(raw []byte) (public.SignaturePrivateKey, public.SignaturePublicKey, error) {
	if len(raw) != ed448.SeedSize && len(raw) != ed448.PrivateKeySize {
		return nil, nil, public.ErrKey
	}
	priv := ed448.NewKeyFromSeed(raw[:ed448.SeedSize])
	pub := slices.Clone(priv[ed448.SeedSize:])
	if len(raw) == ed448.PrivateKeySize && !slices.Equal(raw[ed448.SeedSize:], pub) {
		return nil, nil, public.ErrKey
	}
	return public.SignaturePrivateKey(priv), public.SignaturePublicKey(pub), nil
}

// CheckPublicKey multiplies the point by one: circl's product drops the part
// outside the subgroup of prime order, so that it differs from a point that has
// such a part.
func (ed448Signatures) CheckPublicKey(pub public.SignaturePublicKey) error {
	if len(pub) != ed448.PublicKeySize {
		return public.ErrKey
	}
	a, err := goldilocks.FromBytes(pub)
	if err != nil || a.IsIdentity() {
		return public.ErrKey
	}
	if one := (goldilocks.Scalar{0: 1}); !(goldilocks.Curve{}).ScalarMult(&one, a).IsEqual(a) {
		return public.ErrKey
	}
	return nil
}

// newSeed reads n bytes from random (crypto/rand if nil).
func newSeed(random io.Reader, n int) ([]byte, error) {
	if random == nil {
		random = rand.Reader
	}
	seed := make([]byte, n)
	_, err := io.ReadFull(random, seed)
	return seed, err
}
