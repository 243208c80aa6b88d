package suite

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"io"
	"slices"
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
func (ed25519Signatures) CheckPublicKey(pub SignaturePublicKey) error {
	if len(pub) != ed25519.PublicKeySize || !canonical(pub) || smallOrder(pub) {
		return ErrKey
	}
	return nil
}

// canonical reports whether the y coordinate in p is less than 2^255-19. The
// points with x = 0 and a sign bit, the other encodings that are not canonical,
// are of small order.
func canonical(p []byte) bool {
	if p[31]&0x7f != 0x7f || p[0] < 0xed {
		return true
	}
	for _, b := range p[1:31] {
		if b != 0xff {
			return true
		}
	}
	return false
}

// smallOrderY are the y coordinates of the eight points of small order: 0, 1,
// -1, and the two of order eight. The sign bit is masked.
var smallOrderY = [5][32]byte{
	{},
	{0: 1},
	point("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	point("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
	point("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
}

func smallOrder(pub []byte) bool {
	var y [32]byte
	copy(y[:], pub)
	y[31] &= 0x7f
	return slices.Contains(smallOrderY[:], y)
}
