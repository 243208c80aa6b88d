package suite

import "testing"

// BenchmarkDerivation is the three derivations of a step of a ratchet, from one
// Derivation and each by itself.
func BenchmarkDerivation(b *testing.B) {
	for _, s := range []*Suite{X25519(), XWing(XWingPrivateUse)} {
		secret := make(Secret, s.nh)
		b.Run(s.Name()+"/together", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d := s.Derive(secret)
				for _, label := range []string{"nonce", "key", "secret"} {
					d.TreeSecret(label, 1, s.nh)
				}
				d.End()
			}
		})
		b.Run(s.Name()+"/apart", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, label := range []string{"nonce", "key", "secret"} {
					s.DeriveTreeSecret(secret, label, 1, s.nh)
				}
			}
		})
	}
}
