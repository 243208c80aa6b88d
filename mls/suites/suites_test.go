package suites_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
	"parley/mls/public"
	"parley/mls/suites"
)

// each runs test for every suite.
func each(t *testing.T, test func(t *testing.T, s *public.Suite)) {
	for _, s := range suites.All() {
		t.Run(s.Name(), func(t *testing.T) { test(t, s) })
	}
}

func hpkeKey(t testing.TB, s *public.Suite) (public.HPKEPrivateKey, public.HPKEPublicKey) {
	t.Helper()
	priv, pub, err := s.GenerateHPKEKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return priv, pub
}

func signatureKey(t testing.TB, s *public.Suite) (public.SignaturePrivateKey, public.SignaturePublicKey) {
	t.Helper()
	priv, pub, err := s.GenerateSignatureKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	return priv, pub
}

// flip returns b with one bit changed at i, from the end if negative.
func flip(b []byte, i int) []byte {
	b = slices.Clone(b)
	if i < 0 {
		i += len(b)
	}
	b[i] ^= 1
	return b
}

// TestEncryptWithLabel changes one thing at a time (RFC 9420, Section 5.1.3).
func TestEncryptWithLabel(t *testing.T) {
	each(t, func(t *testing.T, s *public.Suite) {
		priv, pub := hpkeKey(t, s)
		other, _ := hpkeKey(t, s)
		kem, ct, err := s.EncryptWithLabel(pub, "L", []byte("context"), []byte("text"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name           string
			priv           public.HPKEPrivateKey
			label, context string
			kem, ct        []byte
			want           error
		}{
			{"nothing", priv, "L", "context", kem, ct, nil},
			{"key", other, "L", "context", kem, ct, public.ErrDecrypt},
			{"label", priv, "M", "context", kem, ct, public.ErrDecrypt},
			{"context", priv, "L", "contex", kem, ct, public.ErrDecrypt},
			{"KEM output", priv, "L", "context", flip(kem, -9), ct, public.ErrDecrypt},
			{"short KEM output", priv, "L", "context", kem[1:], ct, public.ErrDecrypt},
			{"long KEM output", priv, "L", "context", append(slices.Clone(kem), 0), ct, public.ErrDecrypt},
			{"no KEM output", priv, "L", "context", nil, ct, public.ErrDecrypt},
			{"ciphertext", priv, "L", "context", kem, flip(ct, 0), public.ErrDecrypt},
			{"short ciphertext", priv, "L", "context", kem, ct[:3], public.ErrDecrypt},
			{"short key", priv[1:], "L", "context", kem, ct, public.ErrKey},
			{"long key", append(slices.Clone(priv), 0), "L", "context", kem, ct, public.ErrKey},
			{"no key", nil, "L", "context", kem, ct, public.ErrKey},
		} {
			got, err := s.DecryptWithLabel(c.priv, c.label, []byte(c.context), c.kem, c.ct)
			if !errors.Is(err, c.want) || (c.want == nil) != (string(got) == "text") {
				t.Errorf("changed %s: got %q, %v, want %v", c.name, got, err, c.want)
			}
		}
	})
}

// TestExternalInit is about RFC 9420, Section 8.3.
func TestExternalInit(t *testing.T) {
	each(t, func(t *testing.T, s *public.Suite) {
		priv, pub := hpkeKey(t, s)
		kem, want, err := s.ExternalInitSend(pub)
		if err != nil || len(want) != s.HashSize() {
			t.Fatalf("%d bytes, %v", len(want), err)
		}
		if got, err := s.ExternalInitReceive(priv, kem); err != nil || !got.Equal(want) {
			t.Errorf("the secrets differ: %v", err)
		}
		other, _ := hpkeKey(t, s)
		if got, err := s.ExternalInitReceive(other, kem); err == nil && got.Equal(want) {
			t.Error("another key gives the secret")
		}
		if _, err := s.ExternalInitReceive(priv, kem[1:]); !errors.Is(err, public.ErrDecrypt) {
			t.Errorf("short KEM output: got %v, want ErrDecrypt", err)
		}
		if _, _, err := s.ExternalInitSend(pub[1:]); !errors.Is(err, public.ErrKey) {
			t.Errorf("short key: got %v, want ErrKey", err)
		}
	})
}

// TestDeriveKeyPair: the keys depend on every byte of what they are derived
// from, whose length is not the KEM's but the hash's (RFC 9420, Section 7.4).
func TestDeriveKeyPair(t *testing.T) {
	each(t, func(t *testing.T, s *public.Suite) {
		ikm := s.Zero()
		priv, pub, err := s.DeriveHPKEKey(ikm)
		if err != nil {
			t.Fatal(err)
		}
		if again, _, err := s.DeriveHPKEKey(s.Zero()); err != nil || !again.Equal(priv) {
			t.Errorf("the same secret gives another key: %v", err)
		}
		if got, err := s.HPKEPublicKeyOf(priv); err != nil || !bytes.Equal(got, pub) {
			t.Errorf("public key: got %x, %v, want %x", got, err, pub)
		}
		for _, i := range []int{0, -1} {
			if changed, _, err := s.DeriveHPKEKey(flip(ikm, i)); err != nil || changed.Equal(priv) {
				t.Errorf("byte %d does not matter: %v", i, err)
			}
		}
		if !bytes.Equal(ikm, s.Zero()) {
			t.Error("the secret was changed")
		}
	})
}

// TestSignWithLabel changes one thing at a time (RFC 9420, Section 5.1.2).
func TestSignWithLabel(t *testing.T) {
	each(t, func(t *testing.T, s *public.Suite) {
		priv, pub := signatureKey(t, s)
		_, other := signatureKey(t, s)
		sig, err := s.SignWithLabel(priv, "L", []byte("content"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			name           string
			pub            public.SignaturePublicKey
			label, content string
			sig            []byte
			ok             bool
		}{
			{"nothing", pub, "L", "content", sig, true},
			{"key", other, "L", "content", sig, false},
			{"label", pub, "M", "content", sig, false},
			{"content", pub, "L", "contents", sig, false},
			{"first byte", pub, "L", "content", flip(sig, 0), false},
			{"last byte", pub, "L", "content", flip(sig, -1), false},
			{"short signature", pub, "L", "content", sig[:len(sig)-1], false},
			{"long signature", pub, "L", "content", append(slices.Clone(sig), 0), false},
			{"no signature", pub, "L", "content", nil, false},
			{"short key", pub[1:], "L", "content", sig, false},
			{"long key", append(slices.Clone(pub), 0), "L", "content", sig, false},
			{"no key", nil, "L", "content", sig, false},
		} {
			if err := s.VerifyWithLabel(c.pub, c.label, []byte(c.content), c.sig); (err == nil) != c.ok {
				t.Errorf("changed %s: got %v", c.name, err)
			}
		}
	})
}

// TestKeyLengths: a key of another length than its own is no key
// (RFC 9420, Section 5.1.1).
func TestKeyLengths(t *testing.T) {
	each(t, func(t *testing.T, s *public.Suite) {
		hpkePriv, hpkePub := hpkeKey(t, s)
		sigPriv, sigPub := signatureKey(t, s)
		for name, check := range map[string]func(edit func([]byte) []byte) error{
			"HPKE public":  func(edit func([]byte) []byte) error { return s.CheckHPKEPublicKey(edit(hpkePub)) },
			"HPKE private": func(edit func([]byte) []byte) error { _, err := s.HPKEPublicKeyOf(edit(hpkePriv)); return err },
			"encrypt": func(edit func([]byte) []byte) error {
				_, _, err := s.EncryptWithLabel(edit(hpkePub), "L", nil, nil)
				return err
			},
			"signature public": func(edit func([]byte) []byte) error { return s.CheckSignaturePublicKey(edit(sigPub)) },
			"signature private": func(edit func([]byte) []byte) error {
				_, _, err := s.NewSignaturePrivateKey(edit(sigPriv))
				return err
			},
			"sign": func(edit func([]byte) []byte) error { _, err := s.SignWithLabel(edit(sigPriv), "L", nil); return err },
		} {
			if err := check(slices.Clone); err != nil {
				t.Errorf("%s: a good key: %v", name, err)
			}
			for what, edit := range map[string]func([]byte) []byte{
				"none":  func([]byte) []byte { return nil },
				"short": func(b []byte) []byte { return b[:len(b)-1] },
				"long":  func(b []byte) []byte { return append(slices.Clone(b), 0) },
				"twice": func(b []byte) []byte { return slices.Concat(b, b, b) },
			} {
				if err := check(edit); !errors.Is(err, public.ErrKey) {
					t.Errorf("%s, %s: got %v, want ErrKey", name, what, err)
				}
			}
		}
	})
}

// TestSignatureKeyForms: a private key that was saved loads as the same key, and
// a foreign public half is refused.
func TestSignatureKeyForms(t *testing.T) {
	each(t, func(t *testing.T, s *public.Suite) {
		priv, pub := signatureKey(t, s)
		again, gotPub, err := s.NewSignaturePrivateKey(priv)
		if err != nil || !again.Equal(priv) || !bytes.Equal(gotPub, pub) {
			t.Errorf("loaded as another key: %v", err)
		}
		if len(priv) <= len(pub) || !bytes.HasSuffix(priv, pub) {
			return // not seed || public key
		}
		if _, _, err := s.NewSignaturePrivateKey(flip(priv, -1)); !errors.Is(err, public.ErrKey) {
			t.Errorf("foreign public half: got %v, want ErrKey", err)
		}
		if seeded, _, err := s.NewSignaturePrivateKey(priv[:len(priv)-len(pub)]); err != nil || !seeded.Equal(priv) {
			t.Errorf("the seed alone: %v", err)
		}
	})
}

// TestRandomSource: keys come from the source that the caller names, all of them.
func TestRandomSource(t *testing.T) {
	each(t, func(t *testing.T, s *public.Suite) {
		if _, _, err := s.GenerateHPKEKey(bytes.NewReader(nil)); err == nil {
			t.Error("an HPKE key from nothing")
		}
		first, _, err := s.GenerateHPKEKey(bytes.NewReader(make([]byte, 1<<10)))
		if err != nil {
			t.Fatal(err)
		}
		if second, _, err := s.GenerateHPKEKey(bytes.NewReader(make([]byte, 1<<10))); err != nil || !second.Equal(first) {
			t.Errorf("the same source gives another key: %v", err)
		}
	})
}

// TestRedacted: no verb and no encoding shows a private key of any suite.
func TestRedacted(t *testing.T) {
	each(t, func(t *testing.T, s *public.Suite) {
		hpkePriv, _ := hpkeKey(t, s)
		sigPriv, _ := signatureKey(t, s)
		for _, k := range []struct {
			value any
			raw   []byte
		}{{hpkePriv, hpkePriv}, {sigPriv, sigPriv}} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%X", "%q", "%d"} {
				out := fmt.Sprintf(verb, k.value)
				if bytes.Contains([]byte(out), k.raw[:8]) || bytes.Contains(bytes.ToLower([]byte(out)), []byte(hex.EncodeToString(k.raw[:8]))) || len(out) > 20 {
					t.Errorf("%T prints by %s as %q", k.value, verb, out)
				}
			}
		}
	})
}

// TestGroup lives through a group of each suite: a Welcome, messages, an update,
// a removal and an external join, with every state loaded from its records.
func TestGroup(t *testing.T) {
	each(t, func(t *testing.T, s *public.Suite) {
		clients := mlstest.NewGroup(t, s, 4, 4)
		update := clients[1].Commit(t, mls.CommitOptions{Update: true})
		for _, i := range []int{0, 2, 3} {
			clients[i].Follow(t, update.CommitMessage())
			clients[i].Reload(t)
		}
		remove := clients[2].Commit(t, mls.CommitOptions{Remove: []public.LeafIndex{3}})
		for _, i := range []int{0, 1} {
			clients[i].Follow(t, remove.CommitMessage())
		}
		joined := joinExternally(t, s, clients[:3], remove.GroupInfo())
		members := append(clients[:3:3], joined)
		message := joined.Send(t, "from outside")
		for _, c := range members {
			if !bytes.Equal(c.Group.EpochAuthenticator(), joined.Group.EpochAuthenticator()) {
				t.Fatalf("%s is in another epoch", c.Identity)
			}
			if c == joined {
				continue
			}
			if got := c.Receive(t, message); got != "from outside" {
				t.Errorf("%s received %q", c.Identity, got)
			}
		}
	})
}

func joinExternally(t *testing.T, s *public.Suite, members []*mlstest.Client, groupInfo []byte) *mlstest.Client {
	t.Helper()
	c := mlstest.NewClient(t, s, "outsider")
	staged, err := mls.JoinExternal(c.Config, groupInfo, c.Identity, c.Signer, mls.ExternalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		m.Follow(t, staged.CommitMessage())
	}
	group, changes, err := staged.Join()
	if err != nil {
		t.Fatal(err)
	}
	c.Group = group
	c.Records.Write(changes)
	return c
}
