package suite

import (
	"crypto/hpke"
	"encoding/hex"
	"slices"
)

// HPKE is hybrid public key encryption in base mode with one KEM, KDF and AEAD
// (RFC 9420, Section 5.1). It is immutable and safe for concurrent use.
// [NewHPKE] gives those of the standard library; others come from elsewhere.
//
// Keys have the forms of the KEM's SerializePublicKey and SerializePrivateKey.
// What a method gets it neither keeps nor changes.
type HPKE interface {
	// NewSender encapsulates a secret to pub, for one message or export. It
	// returns [ErrKey] unless pub passes CheckPublicKey.
	NewSender(pub HPKEPublicKey, info []byte) (kemOutput []byte, s Sender, err error)
	// NewRecipient opens kemOutput. It returns [ErrKey] if priv is not a key of
	// the KEM, and [ErrDecrypt] if kemOutput is not an output of the KEM, or one
	// that yields the same secret with every key.
	NewRecipient(priv HPKEPrivateKey, kemOutput, info []byte) (Recipient, error)
	// DeriveKeyPair derives a key pair from ikm of any length.
	DeriveKeyPair(ikm Secret) (HPKEPrivateKey, HPKEPublicKey, error)
	// PublicKey returns the public key of priv, or [ErrKey].
	PublicKey(priv HPKEPrivateKey) (HPKEPublicKey, error)
	// CheckPublicKey returns [ErrKey] if pub is not a key of the KEM, or one to
	// which nobody can encrypt.
	CheckPublicKey(pub HPKEPublicKey) error
	// KEMOutputSize returns the bytes of a KEM output.
	KEMOutputSize() int
}

// Sender is the sender's side of an HPKE context.
type Sender interface {
	Seal(aad, plaintext []byte) ([]byte, error)
	Export(exporterContext string, length int) ([]byte, error)
}

// Recipient is the recipient's side of an HPKE context.
type Recipient interface {
	Open(aad, ciphertext []byte) ([]byte, error)
	Export(exporterContext string, length int) ([]byte, error)
}

// stdHPKE is an HPKE of crypto/hpke.
type stdHPKE struct {
	kem    hpke.KEM
	kdf    hpke.KDF
	aead   hpke.AEAD
	encLen int
	x25519 bool // the last 32 bytes of a public key are X25519's
}

// NewHPKE returns the HPKE of the standard library with these algorithms. It
// returns [ErrParameters] for a KEM that it doesn't know.
func NewHPKE(kem hpke.KEM, kdf hpke.KDF, aead hpke.AEAD) (HPKE, error) {
	h := stdHPKE{kem: kem, kdf: kdf, aead: aead}
	switch kem.ID() {
	case hpke.MLKEM768X25519().ID():
		h.encLen, h.x25519 = 1088+32, true
	case 0x0020: // DHKEM(X25519, HKDF-SHA256)
		h.encLen, h.x25519 = 32, true
	case 0x0010: // DHKEM(P-256, HKDF-SHA256)
		h.encLen = 65
	case 0x0011: // DHKEM(P-384, HKDF-SHA384)
		h.encLen = 97
	case 0x0012: // DHKEM(P-521, HKDF-SHA512)
		h.encLen = 133
	case hpke.MLKEM768().ID():
		h.encLen = 1088
	case hpke.MLKEM1024().ID():
		h.encLen = 1568
	case hpke.MLKEM768P256().ID():
		h.encLen = 1088 + 65
	case hpke.MLKEM1024P384().ID():
		h.encLen = 1568 + 97
	default:
		return nil, ErrParameters
	}
	return h, nil
}

func (h stdHPKE) KEMOutputSize() int { return h.encLen }

// NewSender leaves keys of small order to crypto/ecdh, which refuses the
// all-zero secret that they give.
func (h stdHPKE) NewSender(pub HPKEPublicKey, info []byte) ([]byte, Sender, error) {
	pk, err := h.kem.NewPublicKey(pub)
	if err != nil {
		return nil, nil, ErrKey
	}
	enc, s, err := hpke.NewSender(pk, h.kdf, h.aead, info)
	if err != nil {
		return nil, nil, ErrKey
	}
	return enc, s, nil
}

func (h stdHPKE) NewRecipient(priv HPKEPrivateKey, kemOutput, info []byte) (Recipient, error) {
	sk, err := h.kem.NewPrivateKey(priv)
	if err != nil {
		return nil, ErrKey
	}
	r, err := hpke.NewRecipient(kemOutput, sk, h.kdf, h.aead, info)
	if err != nil {
		return nil, ErrDecrypt
	}
	return r, nil
}

func (h stdHPKE) DeriveKeyPair(ikm Secret) (HPKEPrivateKey, HPKEPublicKey, error) {
	sk, err := h.kem.DeriveKeyPair(ikm)
	if err != nil {
		return nil, nil, ErrKey
	}
	priv, err := sk.Bytes()
	if err != nil {
		return nil, nil, ErrKey
	}
	return priv, sk.PublicKey().Bytes(), nil
}

func (h stdHPKE) PublicKey(priv HPKEPrivateKey) (HPKEPublicKey, error) {
	sk, err := h.kem.NewPrivateKey(priv)
	if err != nil {
		return nil, ErrKey
	}
	return sk.PublicKey().Bytes(), nil
}

func (h stdHPKE) CheckPublicKey(pub HPKEPublicKey) error {
	if _, err := h.kem.NewPublicKey(pub); err != nil {
		return ErrKey
	}
	if h.x25519 && smallOrderX25519(pub[len(pub)-32:]) {
		return ErrKey
	}
	return nil
}

// smallOrderU are the u coordinates of X25519 that give the all-zero secret with
// every key: 0, 1, the two of order eight, -1, and p and p+1, which are 0 and 1
// again. X25519 masks the highest bit. Encryption to such a key fails
// (RFC 9180, Section 7.1.4): a member that had one would keep all from committing
// with a path, so that it is refused at the door.
var smallOrderU = [7][32]byte{
	{},
	{0: 1},
	point("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
	point("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
	point("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	point("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	point("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
}

func smallOrderX25519(pub []byte) bool {
	u := [32]byte(pub)
	u[31] &= 0x7f
	return slices.Contains(smallOrderU[:], u)
}

// point decodes a constant of 32 bytes.
func point(s string) (p [32]byte) {
	if n, err := hex.Decode(p[:], []byte(s)); err != nil || n != len(p) {
		panic("suite: bad point")
	}
	return p
}
