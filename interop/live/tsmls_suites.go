package live

import (
	"crypto"
	"crypto/hpke"
	"crypto/sha3"

	"parley/mls/public"
	"parley/mls/suites"
)

// The post-quantum suites that ts-mls defines by itself, as its 1.6 numbers them.
// They are nobody else's: they use HKDF-SHA512, and derive key pairs as the
// @hpke packages do, not as draft-ietf-hpke-pq. We speak them only here.
//
// Its suites 77 to 80 are left out: they hash with SHA-256 or SHA-384 and derive
// with HKDF-SHA512, while MLS has one hash algorithm in a suite
// (RFC 9420, Section 5.1).
func tsMLSSuites() []*suite {
	aes, chacha := hpke.AES256GCM(), hpke.ChaCha20Poly1305()
	return []*suite{
		own(81, "MLS_256_MLKEM1024_AES256GCM_SHA512_Ed25519", hpke.MLKEM1024(), aes, public.Ed25519()),
		own(82, "MLS_256_MLKEM1024_CHACHA20POLY1305_SHA512_Ed25519", hpke.MLKEM1024(), chacha, public.Ed25519()),
		own(83, "MLS_256_XWING_AES256GCM_SHA512_Ed25519", hpke.MLKEM768X25519(), aes, public.Ed25519()),
		own(84, "MLS_256_XWING_CHACHA20POLY1305_SHA512_Ed25519", hpke.MLKEM768X25519(), chacha, public.Ed25519()),
		own(85, "MLS_256_MLKEM1024_AES256GCM_SHA512_MLDSA87", hpke.MLKEM1024(), aes, suites.MLDSA87()),
		own(86, "MLS_256_MLKEM1024_CHACHA20POLY1305_SHA512_MLDSA87", hpke.MLKEM1024(), chacha, suites.MLDSA87()),
		own(87, "MLS_256_XWING_AES256GCM_SHA512_MLDSA87", hpke.MLKEM768X25519(), aes, suites.MLDSA87()),
		own(88, "MLS_256_XWING_CHACHA20POLY1305_SHA512_MLDSA87", hpke.MLKEM768X25519(), chacha, suites.MLDSA87()),
	}
}

func own(id public.CipherSuite, name string, kem hpke.KEM, aead hpke.AEAD, sig public.Signatures) *suite {
	h, err := public.NewHPKE(kem, hpke.HKDFSHA512(), aead)
	if err != nil {
		panic("live: " + name + ": " + err.Error())
	}
	s, err := public.NewSuite(public.SuiteParameters{
		ID: id, Name: name, Hash: crypto.SHA512, AEAD: aead, HPKE: tsMLSHPKE{h, kem}, Signatures: sig,
	})
	if err != nil {
		panic("live: " + name + ": " + err.Error())
	}
	return &suite{id: id, suite: s}
}

// tsMLSHPKE is HPKE with the older DeriveKeyPair of the @hpke packages.
type tsMLSHPKE struct {
	public.HPKE
	kem hpke.KEM
}

// DeriveKeyPair takes ikm as the key of ML-KEM (64 bytes, as HKDF-SHA512 gives),
// and hashes it without labels for X-Wing.
func (h tsMLSHPKE) DeriveKeyPair(ikm public.Secret) (public.HPKEPrivateKey, public.HPKEPublicKey, error) {
	seed := []byte(ikm)
	if h.kem.ID() == hpke.MLKEM768X25519().ID() {
		seed = sha3.SumSHAKE256(ikm, 32)
	}
	priv, err := h.kem.NewPrivateKey(seed)
	if err != nil {
		return nil, nil, public.ErrKey
	}
	return append([]byte(nil), seed...), priv.PublicKey().Bytes(), nil
}
