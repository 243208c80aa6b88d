package suite

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"testing"
)

// TestExpandOne compares short and long expansions with crypto/hkdf, for each
// hash, at the sizes around those at which the way changes.
func TestExpandOne(t *testing.T) {
	for _, s := range []*Suite{X25519(), P384(), P521()} {
		for _, keyLen := range []int{0, 1, s.nh, 64, 65, 128, 129} {
			for _, infoLen := range []int{0, 1, 55, 56, maxShort - 1, maxShort, maxShort + 1, 500} {
				secret, info := make(Secret, keyLen), make([]byte, infoLen)
				_, _ = rand.Read(secret)
				_, _ = rand.Read(info)
				for _, n := range []int{1, 12, s.nh} {
					want, err := hkdf.Expand(s.hash, secret, string(info), n)
					if err != nil {
						t.Fatal(err)
					}
					if got := s.expand(secret, info, n); !bytes.Equal(got, want) {
						t.Errorf("%s: expand(%d bytes, %d bytes, %d) = %x, want %x", s.name, keyLen, infoLen, n, []byte(got), want)
					}
					d := s.Derive(secret)
					for range 2 {
						want := s.ExpandWithLabel(secret, "label", info, n)
						if got := d.ExpandWithLabel("label", info, n); !bytes.Equal(got, want) {
							t.Errorf("%s: derivation(%d bytes, %d bytes, %d) = %x, want %x", s.name, keyLen, infoLen, n, []byte(got), []byte(want))
						}
					}
					d.End()
				}
			}
		}
	}
}

// TestDerivationErases: nothing of the secret is left in what a Derivation gives
// back.
func TestDerivationErases(t *testing.T) {
	for _, s := range []*Suite{X25519(), P384(), P521()} {
		secret := Secret(bytes.Repeat([]byte{7}, s.nh))
		d := s.Derive(secret)
		d.ExpandWithLabel("label", nil, s.nh)
		k := d.keyed
		if allZero(k.inner, k.outer) {
			t.Errorf("%s: no states were kept, so that this tests nothing", s.name)
		}
		d.End()
		if !allZero(k.inner, k.outer, k.sum, k.info, k.block[:]) {
			t.Errorf("%s: something is left", s.name)
		}
		if got, want := k.hash.Sum(nil), s.Hash(); !bytes.Equal(got, want) {
			t.Errorf("%s: the hash still has a state", s.name)
		}
	}
}

func allZero(parts ...[]byte) bool {
	for _, b := range bytes.Join(parts, nil) {
		if b != 0 {
			return false
		}
	}
	return true
}
