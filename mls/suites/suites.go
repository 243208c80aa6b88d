//go:build !js

package suites

import (
	"crypto"
	stdhpke "crypto/hpke"

	"parley/mls/public"
)

// X448 returns suite 4, MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448
// (RFC 9420, Section 17.1).
func X448() *public.Suite {
	return make448(public.SuiteX448, "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448", stdhpke.AES256GCM())
}

// X448ChaCha20 returns suite 6, MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448
// (RFC 9420, Section 17.1).
func X448ChaCha20() *public.Suite {
	return make448(public.SuiteX448ChaCha20, "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448", stdhpke.ChaCha20Poly1305())
}

func make448(id public.CipherSuite, name string, aead stdhpke.AEAD) *public.Suite {
	h, err := X448HPKE(aead)
	return must(public.SuiteParameters{
		ID: id, Name: name, Hash: crypto.SHA512, AEAD: aead, HPKE: h, Signatures: Ed448(),
	}, err)
}

// XWingMLDSA44 returns MLS_128_MLKEM768X25519_CHACHA20POLY1305_SHA384_MLDSA44
// (TBD9 of draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id,
// by default [public.SuiteXWingMLDSA44].
func XWingMLDSA44(id public.CipherSuite) *public.Suite {
	return makeMLDSA(id, "MLS_128_MLKEM768X25519_CHACHA20POLY1305_SHA384_MLDSA44",
		stdhpke.MLKEM768X25519(), stdhpke.ChaCha20Poly1305(), MLDSA44())
}

// MLKEM768MLDSA65 returns MLS_192_MLKEM768_AES256GCM_SHA384_MLDSA65 (TBD10 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [public.SuiteMLKEM768MLDSA65].
func MLKEM768MLDSA65(id public.CipherSuite) *public.Suite {
	return makeMLDSA(id, "MLS_192_MLKEM768_AES256GCM_SHA384_MLDSA65",
		stdhpke.MLKEM768(), stdhpke.AES256GCM(), MLDSA65())
}

// MLKEM1024MLDSA87 returns MLS_256_MLKEM1024_AES256GCM_SHA384_MLDSA87 (TBD11 of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1) under the number id, by default
// [public.SuiteMLKEM1024MLDSA87].
func MLKEM1024MLDSA87(id public.CipherSuite) *public.Suite {
	return makeMLDSA(id, "MLS_256_MLKEM1024_AES256GCM_SHA384_MLDSA87",
		stdhpke.MLKEM1024(), stdhpke.AES256GCM(), MLDSA87())
}

func makeMLDSA(id public.CipherSuite, name string, kem stdhpke.KEM, aead stdhpke.AEAD, sig public.Signatures) *public.Suite {
	h, err := public.NewHPKE(kem, stdhpke.HKDFSHA384(), aead)
	return must(public.SuiteParameters{
		ID: id, Name: name, Hash: crypto.SHA384, AEAD: aead, HPKE: h, Signatures: sig,
	}, err)
}

// must makes a suite of this package's own parameters.
func must(p public.SuiteParameters, err error) *public.Suite {
	var s *public.Suite
	if err == nil {
		s, err = public.NewSuite(p)
	}
	if err != nil {
		panic("suites: " + p.Name + ": " + err.Error())
	}
	return s
}

// All returns every suite that Parley implements, under its default number: the
// seven of RFC 9420, Section 17.1, then the eleven of
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1.
func All() []*public.Suite {
	return []*public.Suite{
		public.X25519(),
		public.P256(),
		public.ChaCha20(),
		X448(),
		public.P521(),
		X448ChaCha20(),
		public.P384(),

		public.XWingAES128(public.SuiteXWingAES128),
		public.XWing(public.SuiteXWing),
		public.MLKEM768P256AES128(public.SuiteMLKEM768P256AES128),
		public.MLKEM768P256(public.SuiteMLKEM768P256),
		public.MLKEM1024P384(public.SuiteMLKEM1024P384),
		public.MLKEM768Ed25519(public.SuiteMLKEM768Ed25519),
		public.MLKEM768ECDSA(public.SuiteMLKEM768ECDSA),
		public.MLKEM1024ECDSA(public.SuiteMLKEM1024ECDSA),
		XWingMLDSA44(public.SuiteXWingMLDSA44),
		MLKEM768MLDSA65(public.SuiteMLKEM768MLDSA65),
		MLKEM1024MLDSA87(public.SuiteMLKEM1024MLDSA87),
	}
}
