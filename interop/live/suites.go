package live

import (
	"crypto/rand"

	"parley/mls/public"
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
	return known(public.X25519(), public.P256(), public.ChaCha20(), public.P521(), public.P384())
}

func known(list ...*public.Suite) []*suite {
	var out []*suite
	for _, s := range list {
		out = append(out, &suite{id: s.ID(), suite: s})
	}
	return out
}

// draftSuites are those of draft-ietf-mls-pq-ciphersuites that ts-mls has the
// primitives for. It numbers and combines its own post-quantum suites
// otherwise, so it is told the parts.
func draftSuites() []*suite {
	return []*suite{
		{id: public.SuiteXWing, suite: public.XWing(public.SuiteXWing), parts: &parts{
			Hash: "SHA-384", KEM: "X-Wing", KDF: "HKDF-SHA384", AEAD: "AES256GCM", Signature: "Ed25519",
		}},
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
