package suite

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/hpke"
	"crypto/sha256"
	"crypto/sha512"

	"golang.org/x/crypto/chacha20poly1305"
)

// X25519 returns MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, which every
// client of MLS implements (RFC 9420, Section 17.1).
func X25519() *Suite {
	return &Suite{
		id: X25519AES128, name: "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
		hash: sha256.New, nh: sha256.Size,
		kem: hpke.DHKEM(ecdh.X25519()), kdf: hpke.HKDFSHA256(), hpkeAD: hpke.AES128GCM(), encLen: 32,
		newAEAD: newGCM, nk: 16, sig: ed25519Signatures{},
	}
}

// ChaCha20 returns MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519.
func ChaCha20() *Suite {
	return &Suite{
		id: X25519ChaCha20, name: "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
		hash: sha256.New, nh: sha256.Size,
		kem: hpke.DHKEM(ecdh.X25519()), kdf: hpke.HKDFSHA256(), hpkeAD: hpke.ChaCha20Poly1305(), encLen: 32,
		newAEAD: chacha20poly1305.New, nk: chacha20poly1305.KeySize, sig: ed25519Signatures{},
	}
}

// P256 returns MLS_128_DHKEMP256_AES128GCM_SHA256_P256.
func P256() *Suite {
	return &Suite{
		id: P256AES128, name: "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
		hash: sha256.New, nh: sha256.Size,
		kem: hpke.DHKEM(ecdh.P256()), kdf: hpke.HKDFSHA256(), hpkeAD: hpke.AES128GCM(), encLen: 65,
		newAEAD: newGCM, nk: 16, sig: ecdsaSignatures{curve: elliptic.P256(), hash: sha256.New},
	}
}

// P521 returns MLS_256_DHKEMP521_AES256GCM_SHA512_P521.
func P521() *Suite {
	return &Suite{
		id: P521AES256, name: "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
		hash: sha512.New, nh: sha512.Size,
		kem: hpke.DHKEM(ecdh.P521()), kdf: hpke.HKDFSHA512(), hpkeAD: hpke.AES256GCM(), encLen: 133,
		newAEAD: newGCM, nk: 32, sig: ecdsaSignatures{curve: elliptic.P521(), hash: sha512.New},
	}
}

// P384 returns MLS_256_DHKEMP384_AES256GCM_SHA384_P384.
func P384() *Suite {
	return &Suite{
		id: P384AES256, name: "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
		hash: sha512.New384, nh: sha512.Size384,
		kem: hpke.DHKEM(ecdh.P384()), kdf: hpke.HKDFSHA384(), hpkeAD: hpke.AES256GCM(), encLen: 97,
		newAEAD: newGCM, nk: 32, sig: ecdsaSignatures{curve: elliptic.P384(), hash: sha512.New384},
	}
}

// XWing returns MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519 of
// draft-ietf-mls-pq-ciphersuites-06 (there TBD2) under the number id, which is
// [XWingPrivateUse] unless a deployment says otherwise.
func XWing(id ID) *Suite {
	return &Suite{
		id: id, name: "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
		hash: sha512.New384, nh: sha512.Size384,
		kem: hpke.MLKEM768X25519(), kdf: hpke.HKDFSHA384(), hpkeAD: hpke.AES256GCM(), encLen: 1088 + 32,
		newAEAD: newGCM, nk: 32, sig: ed25519Signatures{},
	}
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
