package suites_test

import (
	"testing"

	"parley/mls/public"
	"parley/mls/suites"
)

// FuzzForeign gives what a peer sends, keys, KEM outputs, ciphertexts and
// signatures, to every suite: nothing of it may panic, and a key that passes its
// check can be encrypted to.
func FuzzForeign(f *testing.F) {
	all := suites.All()
	for i, s := range all {
		_, pub := hpkeKey(f, s)
		priv, sigPub := signatureKey(f, s)
		kem, ct, err := s.EncryptWithLabel(pub, "L", nil, text)
		if err != nil {
			f.Fatal(err)
		}
		sig, err := s.SignWithLabel(priv, "L", text)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(byte(i), []byte(pub), []byte(sigPub), kem, ct, sig)
	}
	privs := make([]public.HPKEPrivateKey, len(all))
	for i, s := range all {
		privs[i], _ = hpkeKey(f, s)
	}
	f.Fuzz(func(t *testing.T, which byte, pub, sigPub, kem, ct, sig []byte) {
		i := int(which) % len(all)
		s := all[i]
		checked := s.CheckHPKEPublicKey(pub)
		if _, _, err := s.EncryptWithLabel(pub, "L", nil, text); (err == nil) != (checked == nil) {
			t.Errorf("%s: the check says %v, encryption to the key %v", s.Name(), checked, err)
		}
		if _, err := s.DecryptWithLabel(privs[i], "L", nil, kem, ct); err == nil {
			t.Errorf("%s: opened what nobody sealed", s.Name())
		}
		_, _ = s.ExternalInitReceive(privs[i], kem)
		if s.VerifyWithLabel(sigPub, "L", text, sig) == nil && s.CheckSignaturePublicKey(sigPub) != nil {
			t.Errorf("%s: verified with a key that is none", s.Name())
		}
		// A private key is the caller's own, but may be damaged.
		_, _ = s.HPKEPublicKeyOf(pub)
		_, _, _ = s.NewSignaturePrivateKey(sigPub)
	})
}
