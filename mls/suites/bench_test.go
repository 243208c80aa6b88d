package suites_test

import (
	"testing"

	"parley/mls/public"
	"parley/mls/suites"
)

// benchSize is the plaintext of a short message in its padding.
const benchSize = 256

// BenchmarkSuite measures what each suite's operations cost: those of an
// application message (Seal, Open, Sign, Verify) and those of a commit.
func BenchmarkSuite(b *testing.B) {
	for _, s := range suites.All() {
		b.Run(s.Name(), func(b *testing.B) {
			benchAEAD(b, s)
			benchSignatures(b, s)
			benchHPKE(b, s)
			b.Run("ExpandWithLabel", func(b *testing.B) {
				for b.Loop() {
					s.ExpandWithLabel(s.Zero(), "key", nil, s.KeySize())
				}
			})
		})
	}
}

func benchAEAD(b *testing.B, s *public.Suite) {
	key, nonce := make(public.Secret, s.KeySize()), make(public.Secret, s.NonceSize())
	plaintext := make([]byte, benchSize)
	ciphertext, err := s.Seal(key, nonce, nil, plaintext)
	if err != nil {
		b.Fatal(err)
	}
	run(b, "Seal", func() error { _, err := s.Seal(key, nonce, nil, plaintext); return err })
	run(b, "Open", func() error { _, err := s.Open(key, nonce, nil, ciphertext); return err })
}

func benchSignatures(b *testing.B, s *public.Suite) {
	priv, pub := signatureKey(b, s)
	content := make([]byte, benchSize)
	signature, err := s.SignWithLabel(priv, "FramedContentTBS", content)
	if err != nil {
		b.Fatal(err)
	}
	run(b, "GenerateSignatureKey", func() error { _, _, err := s.GenerateSignatureKey(nil); return err })
	run(b, "Sign", func() error { _, err := s.SignWithLabel(priv, "FramedContentTBS", content); return err })
	run(b, "Verify", func() error { return s.VerifyWithLabel(pub, "FramedContentTBS", content, signature) })
}

func benchHPKE(b *testing.B, s *public.Suite) {
	priv, pub := hpkeKey(b, s)
	secret := make([]byte, s.HashSize())
	kem, ciphertext, err := s.EncryptWithLabel(pub, "UpdatePathNode", nil, secret)
	if err != nil {
		b.Fatal(err)
	}
	run(b, "DeriveKeyPair", func() error { _, _, err := s.DeriveHPKEKey(s.Zero()); return err })
	run(b, "CheckPublicKey", func() error { return s.CheckHPKEPublicKey(pub) })
	run(b, "Encrypt", func() error { _, _, err := s.EncryptWithLabel(pub, "UpdatePathNode", nil, secret); return err })
	run(b, "Decrypt", func() error {
		_, err := s.DecryptWithLabel(priv, "UpdatePathNode", nil, kem, ciphertext)
		return err
	})
}

func run(b *testing.B, name string, f func() error) {
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := f(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
