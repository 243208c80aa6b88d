package live

import (
	"crypto/rand"
	"slices"

	"parley/mls/public"
	"parley/mls/suites"
)

// A suite is one that we can speak, with what a peer must be told of it.
type suite struct {
	id    public.CipherSuite
	suite *public.Suite
	// parts describes it to ts-mls if ts-mls does not know the number.
	parts *parts
}

// parts are the algorithms of a suite by the names of ts-mls.
type parts struct {
	Hash      string `json:"hash"`
	KEM       string `json:"kem"`
	KDF       string `json:"kdf"`
	AEAD      string `json:"aead"`
	Signature string `json:"signature"`
}

// rfcSuites are those of RFC 9420, Section 17.1.
func rfcSuites() []*suite {
	return known(
		public.X25519(), public.P256(), public.ChaCha20(), suites.X448(), public.P521(), suites.X448ChaCha20(), public.P384(),
	)
}

// without returns list without the suites of the given numbers.
func without(list []*suite, ids ...public.CipherSuite) []*suite {
	return slices.DeleteFunc(list, func(s *suite) bool { return slices.Contains(ids, s.id) })
}

func known(list ...*public.Suite) []*suite {
	var out []*suite
	for _, s := range list {
		out = append(out, &suite{id: s.ID(), suite: s})
	}
	return out
}

// draftSuites are those of draft-ietf-mls-pq-ciphersuites-06, Section 3.1 that
// ts-mls has the primitives for, which is told the parts: it numbers and
// combines its own post-quantum suites otherwise. The hybrids with P-256 and
// P-384 are left out: it has no such KEM.
func draftSuites() []*suite {
	sha256, sha384 := []string{"SHA-256", "HKDF-SHA256"}, []string{"SHA-384", "HKDF-SHA384"}
	part := func(s *public.Suite, hash []string, kem, aead, signature string) *suite {
		return &suite{id: s.ID(), suite: s, parts: &parts{
			Hash: hash[0], KEM: kem, KDF: hash[1], AEAD: aead, Signature: signature,
		}}
	}
	return []*suite{
		part(public.XWingAES128(public.SuiteXWingAES128), sha256, "X-Wing", "AES128GCM", "Ed25519"),
		part(public.XWing(public.SuiteXWing), sha384, "X-Wing", "AES256GCM", "Ed25519"),
		part(public.MLKEM768Ed25519(public.SuiteMLKEM768Ed25519), sha384, "ML-KEM-768", "AES256GCM", "Ed25519"),
		part(public.MLKEM768ECDSA(public.SuiteMLKEM768ECDSA), sha384, "ML-KEM-768", "AES256GCM", "P256"),
		part(public.MLKEM1024ECDSA(public.SuiteMLKEM1024ECDSA), sha384, "ML-KEM-1024", "AES256GCM", "P384"),
		part(suites.XWingMLDSA44(public.SuiteXWingMLDSA44), sha384, "X-Wing", "CHACHA20POLY1305", "ML-DSA-44"),
		part(suites.MLKEM768MLDSA65(public.SuiteMLKEM768MLDSA65), sha384, "ML-KEM-768", "AES256GCM", "ML-DSA-65"),
		part(suites.MLKEM1024MLDSA87(public.SuiteMLKEM1024MLDSA87), sha384, "ML-KEM-1024", "AES256GCM", "ML-DSA-87"),
	}
}

// signatureKey makes a key pair in the forms that the peers take: for EdDSA
// the seed alone.
func (s *suite) signatureKey() (priv, pub []byte, err error) {
	k, p, err := s.suite.GenerateSignatureKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	if len(k) == 2*len(p) { // Ed25519 and Ed448: seed || public key
		return k[:len(p)], p, nil
	}
	return k, p, nil
}

// allOurs are the suites of one client that begins with s: it may be led into a
// group of another one by a ReInit.
func allOurs(s *suite) []*public.Suite {
	list := []*public.Suite{s.suite}
	for _, other := range rfcSuites() {
		if other.id != s.id {
			list = append(list, other.suite)
		}
	}
	return list
}
