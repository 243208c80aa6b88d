//go:build !js

package suite

import "crypto/hpke"

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
