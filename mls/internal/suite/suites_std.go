//go:build !js

package suite

import (
	"crypto"
	"crypto/ecdh"
	"crypto/elliptic"
	"crypto/hpke"
)

// X25519 returns MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519, which every
// client of MLS implements (RFC 9420, Section 17.1).
func X25519() *Suite {
	return std(X25519AES128, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
		crypto.SHA256, hpke.DHKEM(ecdh.X25519()), hpke.AES128GCM(), Ed25519())
}

// P256 returns MLS_128_DHKEMP256_AES128GCM_SHA256_P256.
func P256() *Suite {
	return std(P256AES128, "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
		crypto.SHA256, hpke.DHKEM(ecdh.P256()), hpke.AES128GCM(), ECDSA(elliptic.P256()))
}

// ChaCha20 returns MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519.
func ChaCha20() *Suite {
	return std(X25519ChaCha20, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
		crypto.SHA256, hpke.DHKEM(ecdh.X25519()), hpke.ChaCha20Poly1305(), Ed25519())
}

// P521 returns MLS_256_DHKEMP521_AES256GCM_SHA512_P521.
func P521() *Suite {
	return std(P521AES256, "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
		crypto.SHA512, hpke.DHKEM(ecdh.P521()), hpke.AES256GCM(), ECDSA(elliptic.P521()))
}

// P384 returns MLS_256_DHKEMP384_AES256GCM_SHA384_P384.
func P384() *Suite {
	return std(P384AES256, "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
		crypto.SHA384, hpke.DHKEM(ecdh.P384()), hpke.AES256GCM(), ECDSA(elliptic.P384()))
}

// std returns a suite of parts of the standard library, with the HKDF of h in
// HPKE too.
func std(id ID, name string, h crypto.Hash, kem hpke.KEM, aead hpke.AEAD, sig Signatures) *Suite {
	kdf := map[crypto.Hash]hpke.KDF{
		crypto.SHA256: hpke.HKDFSHA256(), crypto.SHA384: hpke.HKDFSHA384(), crypto.SHA512: hpke.HKDFSHA512(),
	}[h]
	ours, err := NewHPKE(kem, kdf, aead)
	if err != nil {
		panic("suite: " + name + ": " + err.Error()) // a constructor of this package is wrong
	}
	s, err := New(Parameters{ID: id, Name: name, Hash: h, AEAD: aead, HPKE: ours, Signatures: sig})
	if err != nil {
		panic("suite: " + name + ": " + err.Error())
	}
	return s
}
