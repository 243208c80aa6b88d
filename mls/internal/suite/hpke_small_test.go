package suite

import (
	"bytes"
	"crypto/ecdh"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"hash"
	"testing"
)

// pairs are the HPKEs for browsers with those of the standard library.
func pairs(t *testing.T) map[string][2]HPKE {
	t.Helper()
	out := map[string][2]HPKE{}
	add := func(name string, small smallHPKE, kem hpke.KEM, kdf hpke.KDF, aead hpke.AEAD) {
		std, err := NewHPKE(kem, kdf, aead)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = [2]HPKE{small, std}
	}
	newSHA384 := func() hash.Hash { return sha512.New384() }
	add("X25519", newSmallHPKE(dhX25519{}, kdfSHA256, sha256.New, aeadAES128), hpke.DHKEM(ecdh.X25519()), hpke.HKDFSHA256(), hpke.AES128GCM())
	add("ChaCha20", newSmallHPKE(dhX25519{}, kdfSHA256, sha256.New, aeadChaCha20), hpke.DHKEM(ecdh.X25519()), hpke.HKDFSHA256(), hpke.ChaCha20Poly1305())
	add("XWing", newSmallHPKE(xWing{}, kdfSHA384, newSHA384, aeadAES256), hpke.MLKEM768X25519(), hpke.HKDFSHA384(), hpke.AES256GCM())
	return out
}

// Whoever sends and whoever receives: keys, messages and exports are the same. So
// the labels of RFC 9180, Section 4, the schedule of RFC 9180, Section 5.1, the
// contexts of RFC 9180, Section 5.2 and the numbers of RFC 9180, Section 7.3 are.
func TestSmallHPKEIsTheStandards(t *testing.T) {
	for name, pair := range pairs(t) {
		t.Run(name, func(t *testing.T) {
			for i := range 20 {
				sender, recipient := pair[i%2], pair[(i/2)%2]
				exchange(t, sender, recipient)
			}
		})
	}
}

func exchange(t *testing.T, sender, recipient HPKE) {
	t.Helper()
	ikm := make([]byte, 48)
	rand.Read(ikm)
	priv, pub, err := recipient.DeriveKeyPair(ikm)
	if err != nil {
		t.Fatal(err)
	}
	priv2, pub2, err := sender.DeriveKeyPair(ikm)
	if err != nil || !bytes.Equal(priv, priv2) || !bytes.Equal(pub, pub2) {
		t.Fatalf("another key pair of the same ikm: %v", err)
	}
	if again, err := sender.PublicKey(priv); err != nil || !bytes.Equal(again, pub) {
		t.Fatalf("another public key: %v", err)
	}
	if err := sender.CheckPublicKey(pub); err != nil {
		t.Fatal(err)
	}
	enc, s, err := sender.NewSender(pub, []byte("info"))
	if err != nil || len(enc) != recipient.KEMOutputSize() {
		t.Fatalf("NewSender: %d bytes, %v", len(enc), err)
	}
	r, err := recipient.NewRecipient(priv, enc, []byte("info"))
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"one", "", "three"} {
		sealed, err := s.Seal([]byte("aad"), []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Open([]byte("other"), sealed); err == nil {
			t.Error("opened with other additional data")
		}
		if got, err := r.Open([]byte("aad"), sealed); err != nil || string(got) != text {
			t.Errorf("Open = %q, %v; want %q", got, err, text)
		}
	}
	a, err := s.Export("context", 77)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := r.Export("context", 77); err != nil || !bytes.Equal(a, b) {
		t.Errorf("the exports differ: %v", err)
	}
}

// What one refuses the other refuses too.
func TestSmallHPKERefuses(t *testing.T) {
	for name, pair := range pairs(t) {
		t.Run(name, func(t *testing.T) {
			priv, pub, err := pair[0].DeriveKeyPair(make([]byte, 32))
			if err != nil {
				t.Fatal(err)
			}
			enc, _, err := pair[0].NewSender(pub, nil)
			if err != nil {
				t.Fatal(err)
			}
			zeroed := bytes.Clone(pub)
			clear(zeroed[len(zeroed)-32:])
			zeroEnc := bytes.Clone(enc)
			clear(zeroEnc[len(zeroEnc)-32:])
			for _, bad := range [][]byte{nil, pub[1:], append(bytes.Clone(pub), 0), zeroed} {
				for i, h := range pair {
					if _, _, err := h.NewSender(bad, nil); err != ErrKey {
						t.Errorf("%d: NewSender(%d bytes): %v; want ErrKey", i, len(bad), err)
					}
					if err := h.CheckPublicKey(bad); err != ErrKey {
						t.Errorf("%d: CheckPublicKey(%d bytes): %v; want ErrKey", i, len(bad), err)
					}
				}
			}
			for _, bad := range [][]byte{nil, enc[1:], append(bytes.Clone(enc), 0), zeroEnc} {
				for i, h := range pair {
					if _, err := h.NewRecipient(priv, bad, nil); err != ErrDecrypt {
						t.Errorf("%d: NewRecipient(%d bytes): %v; want ErrDecrypt", i, len(bad), err)
					}
				}
			}
			for i, h := range pair {
				if _, err := h.NewRecipient(priv[1:], enc, nil); err != ErrKey {
					t.Errorf("%d: NewRecipient with a short key: %v; want ErrKey", i, err)
				}
				if _, err := h.PublicKey(priv[1:]); err != ErrKey {
					t.Errorf("%d: PublicKey of a short key: %v; want ErrKey", i, err)
				}
			}
		})
	}
}

// A key of ML-KEM whose coefficients aren't reduced is refused by both.
func TestSmallXWingUnreduced(t *testing.T) {
	pair := pairs(t)["XWing"]
	_, pub, err := pair[0].DeriveKeyPair(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	pub[0], pub[1] = 0xff, 0xff
	for i, h := range pair {
		if err := h.CheckPublicKey(pub); err != ErrKey {
			t.Errorf("%d: %v; want ErrKey", i, err)
		}
	}
}
