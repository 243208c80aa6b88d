package suite

import (
	"crypto/ecdh"
	"crypto/mlkem"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha3"
	"errors"
	"hash"
)

func newSHA256() hash.Hash { return sha256.New() }

// xWing is X-Wing, the hybrid of ML-KEM-768 and X25519, as the KEM
// MLKEM768-X25519 of draft-ietf-hpke-pq. A private key is a seed of 32 bytes.
type xWing struct{}

const (
	xWingPublic = mlkem.EncapsulationKeySize768 + 32
	xWingEnc    = mlkem.CiphertextSize768 + 32
	xWingLabel  = `\.//^\`
)

var errXWing = errors.New("suite: not a key or ciphertext of X-Wing")

func (xWing) id() uint16   { return kemXWing }
func (xWing) encSize() int { return xWingEnc }

// xWingPair is an expanded private key.
type xWingPair struct {
	pq *mlkem.DecapsulationKey768
	t  *ecdh.PrivateKey
}

func expandXWing(seed []byte) (*xWingPair, error) {
	if len(seed) != 32 {
		return nil, errXWing
	}
	expanded := sha3.SumSHAKE256(seed, mlkem.SeedSize+32)
	pq, err := mlkem.NewDecapsulationKey768(expanded[:mlkem.SeedSize])
	if err != nil {
		return nil, err
	}
	t, err := ecdh.X25519().NewPrivateKey(expanded[mlkem.SeedSize:])
	if err != nil {
		return nil, err
	}
	return &xWingPair{pq, t}, nil
}

// parseXWing returns the two halves of a public key.
func parseXWing(pub []byte) (*mlkem.EncapsulationKey768, *ecdh.PublicKey, error) {
	if len(pub) != xWingPublic {
		return nil, nil, errXWing
	}
	pq, err := mlkem.NewEncapsulationKey768(pub[:mlkem.EncapsulationKeySize768])
	if err != nil {
		return nil, nil, err
	}
	t, err := ecdh.X25519().NewPublicKey(pub[mlkem.EncapsulationKeySize768:])
	return pq, t, err
}

// combine makes one secret of the two.
func (xWing) combine(secretPQ, secretT, encT, pubT []byte) []byte {
	h := sha3.New256()
	for _, part := range [][]byte{secretPQ, secretT, encT, pubT, []byte(xWingLabel)} {
		h.Write(part)
	}
	return h.Sum(nil)
}

func (x xWing) encapsulate(pub []byte) (secret, enc []byte, err error) {
	pq, t, err := parseXWing(pub)
	if err != nil {
		return nil, nil, err
	}
	ephemeral, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	secretT, err := ephemeral.ECDH(t) // refuses the all-zero secret
	if err != nil {
		return nil, nil, err
	}
	secretPQ, encPQ := pq.Encapsulate()
	encT := ephemeral.PublicKey().Bytes()
	return x.combine(secretPQ, secretT, encT, t.Bytes()), append(encPQ, encT...), nil
}

func (x xWing) decapsulate(priv, enc []byte) ([]byte, error) {
	pair, err := expandXWing(priv)
	if err != nil {
		return nil, err
	}
	if len(enc) != xWingEnc {
		return nil, errXWing
	}
	encPQ, encT := enc[:mlkem.CiphertextSize768], enc[mlkem.CiphertextSize768:]
	secretPQ, err := pair.pq.Decapsulate(encPQ)
	if err != nil {
		return nil, err
	}
	t, err := ecdh.X25519().NewPublicKey(encT)
	if err != nil {
		return nil, err
	}
	secretT, err := pair.t.ECDH(t)
	if err != nil {
		return nil, err
	}
	return x.combine(secretPQ, secretT, encT, pair.t.PublicKey().Bytes()), nil
}

// derive is DeriveKeyPair of draft-ietf-hpke-pq: LabeledDerive of SHAKE256.
func (xWing) derive(ikm []byte) ([]byte, error) {
	const label, size = "DeriveKeyPair", 32
	h := sha3.NewSHAKE256()
	for _, part := range [][]byte{
		ikm, []byte("HPKE-v1KEM"),
		{kemXWing >> 8, kemXWing & 0xff},
		{0, byte(len(label))},
		[]byte(label),
		{0, size},
	} {
		_, _ = h.Write(part) // it never fails
	}
	seed := make([]byte, size)
	_, err := h.Read(seed)
	return seed, err
}

func (xWing) public(priv []byte) ([]byte, error) {
	pair, err := expandXWing(priv)
	if err != nil {
		return nil, err
	}
	return append(pair.pq.EncapsulationKey().Bytes(), pair.t.PublicKey().Bytes()...), nil
}

func (xWing) check(pub []byte) error {
	_, _, err := parseXWing(pub)
	return err
}
