package suites_test

import (
	"bytes"
	"crypto/elliptic"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
	"testing"

	"github.com/cloudflare/circl/ecc/goldilocks"
	"github.com/cloudflare/circl/sign/ed448"
	"github.com/cloudflare/circl/sign/mldsa/mldsa44"

	"parley/mls/public"
	"parley/mls/suites"
)

var text = []byte("text")

func pair(t testing.TB, sig public.Signatures) (public.SignaturePrivateKey, public.SignaturePublicKey, []byte) {
	t.Helper()
	priv, pub, err := sig.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := sig.Sign(priv, text)
	if err != nil {
		t.Fatal(err)
	}
	if !sig.Verify(pub, text, signature) {
		t.Fatal("a good signature does not verify")
	}
	return priv, pub, signature
}

// ed448Point encodes the y coordinate and the sign of x.
func ed448Point(y *big.Int, sign byte) []byte { return append(little(y, 56), sign<<7) }

func ed448Prime() *big.Int {
	p := new(big.Int).Lsh(big.NewInt(1), 448)
	return p.Sub(p, new(big.Int).Lsh(big.NewInt(1), 224)).Sub(p, big.NewInt(1))
}

// TestEd448SmallOrder: with such a key, R the identity and S = 0, the equation
// holds for every message.
func TestEd448SmallOrder(t *testing.T) {
	e := suites.Ed448()
	forged := append(ed448Point(big.NewInt(1), 0), make([]byte, 57)...)
	minusOne := new(big.Int).Sub(ed448Prime(), big.NewInt(1))
	for name, pub := range map[string][]byte{
		"order 1":             ed448Point(big.NewInt(1), 0),
		"order 2":             ed448Point(minusOne, 0),
		"order 4":             ed448Point(big.NewInt(0), 0),
		"order 4, other sign": ed448Point(big.NewInt(0), 1),
	} {
		if !ed448.Verify(pub, text, forged, "") {
			t.Errorf("%s: the forgery does not even verify leniently: this tests nothing", name)
		}
		if e.Verify(pub, text, forged) {
			t.Errorf("%s: the key verifies every message", name)
		}
		if err := e.CheckPublicKey(pub); !errors.Is(err, public.ErrKey) {
			t.Errorf("%s: got %v, want ErrKey", name, err)
		}
	}
}

// TestEd448MixedOrder: a good key plus a point of small order is another key, for
// which circl accepts signatures that others refuse.
func TestEd448MixedOrder(t *testing.T) {
	e := suites.Ed448()
	_, pub, _ := pair(t, e)
	a, err := goldilocks.FromBytes(pub)
	if err != nil {
		t.Fatal(err)
	}
	for _, y := range []*big.Int{new(big.Int).Sub(ed448Prime(), big.NewInt(1)), big.NewInt(0)} {
		low, err := goldilocks.FromBytes(ed448Point(y, 0))
		if err != nil {
			t.Fatal(err)
		}
		mixed, err := (goldilocks.Curve{}).Add(a, low).MarshalBinary()
		if err != nil {
			t.Fatal(err)
		}
		if err := e.CheckPublicKey(mixed); !errors.Is(err, public.ErrKey) {
			t.Errorf("plus y = %v: got %v, want ErrKey", y, err)
		}
	}
	for range 20 { // and no good key is refused
		if _, pub, _ := pair(t, e); e.CheckPublicKey(pub) != nil {
			t.Errorf("key %x is refused", pub)
		}
	}
}

// TestEd448Encodings tries other encodings of the same numbers.
func TestEd448Encodings(t *testing.T) {
	e := suites.Ed448()
	_, pub, sig := pair(t, e)
	order := (goldilocks.Curve{}).Order()
	l := new(big.Int).SetBytes(reversed(order[:]))
	s := new(big.Int).SetBytes(reversed(sig[57:113]))
	if above := s.Add(s, l); above.BitLen() <= 448 {
		if e.Verify(pub, text, slices.Concat(sig[:57], little(above, 57))) {
			t.Error("S above the order verifies")
		}
	}
	if e.Verify(pub, text, flip(sig, -1)) {
		t.Error("a bit above S is ignored")
	}
	if e.Verify(flip(pub, -1), text, sig) || e.CheckPublicKey(flip(pub, -1)) == nil {
		t.Error("a bit above the key is ignored")
	}
	p := ed448Prime()
	for name, bad := range map[string][]byte{
		"y = p":   ed448Point(p, 0),
		"y = p+1": ed448Point(new(big.Int).Add(p, big.NewInt(1)), 0),
		"x = -0":  ed448Point(big.NewInt(1), 1),
	} {
		if err := e.CheckPublicKey(bad); !errors.Is(err, public.ErrKey) {
			t.Errorf("%s: got %v, want ErrKey", name, err)
		}
	}
}

func reversed(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

// TestEd448Vector is the first of RFC 8032, Section 7.4, without message.
func TestEd448Vector(t *testing.T) {
	e := suites.Ed448()
	priv, pub, err := e.NewPrivateKey(unhex(t, "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b"))
	if err != nil {
		t.Fatal(err)
	}
	if want := unhex(t, "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180"); !bytes.Equal(pub, want) {
		t.Errorf("public key: got %x, want %x", pub, want)
	}
	want := unhex(t, "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d41a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600")
	if got, err := e.Sign(priv, nil); err != nil || !bytes.Equal(got, want) {
		t.Errorf("signature: got %x, %v, want %x", got, err, want)
	}
}

// TestECDSAForms fixes what is strict, the encoding, and what isn't, the sign of
// s (RFC 9420, Section 5.1.2).
func TestECDSAForms(t *testing.T) {
	for _, curve := range []elliptic.Curve{elliptic.P256(), elliptic.P384(), elliptic.P521()} {
		e := public.ECDSA(curve)
		_, pub, sig := pair(t, e)
		var v struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(sig, &v); err != nil {
			t.Fatal(err)
		}
		n := curve.Params().N
		der := func(r, s *big.Int) []byte {
			b, err := asn1.Marshal(struct{ R, S *big.Int }{r, s})
			if err != nil {
				t.Fatal(err)
			}
			return b
		}
		if !e.Verify(pub, text, der(v.R, new(big.Int).Sub(n, v.S))) {
			t.Error("n-s does not verify: low s is required")
		}
		for name, bad := range map[string][]byte{
			"s above n": der(v.R, new(big.Int).Add(n, v.S)),
			"r above n": der(new(big.Int).Add(n, v.R), v.S),
			"s = 0":     der(v.R, new(big.Int)),
			"r = 0":     der(new(big.Int), v.S),
			"trailing":  append(slices.Clone(sig), 0),
			"raw":       slices.Concat(v.R.Bytes(), v.S.Bytes()),
			"padded r":  paddedDER(v.R, v.S),
		} {
			if e.Verify(pub, text, bad) {
				t.Errorf("%s: %s verifies", curve.Params().Name, name)
			}
		}
	}
	if public.ECDSA(elliptic.P224()) != nil {
		t.Error("P-224 has a signature scheme")
	}
}

// paddedDER encodes r with a zero more than DER allows.
func paddedDER(r, s *big.Int) []byte {
	integer := func(b []byte) []byte { return append([]byte{2, byte(len(b))}, b...) }
	body := slices.Concat(integer(append([]byte{0, 0}, r.Bytes()...)), integer(append([]byte{0}, s.Bytes()...)))
	if len(body) < 128 {
		return append([]byte{0x30, byte(len(body))}, body...)
	}
	return append([]byte{0x30, 0x81, byte(len(body))}, body...)
}

// TestMLDSA: signatures are hedged and have no context string; a private key is
// its seed (draft-ietf-mls-pq-ciphersuites-06, Section 3.1).
func TestMLDSA(t *testing.T) {
	for name, c := range map[string]struct {
		sig            public.Signatures
		pub, signature int
	}{
		"ML-DSA-44": {suites.MLDSA44(), 1312, 2420},
		"ML-DSA-65": {suites.MLDSA65(), 1952, 3309},
		"ML-DSA-87": {suites.MLDSA87(), 2592, 4627},
	} {
		t.Run(name, func(t *testing.T) {
			priv, pub, signature := pair(t, c.sig)
			if len(priv) != 32 || len(pub) != c.pub || len(signature) != c.signature {
				t.Errorf("%d, %d and %d bytes", len(priv), len(pub), len(signature))
			}
			again, err := c.sig.Sign(priv, text)
			if err != nil || bytes.Equal(again, signature) || !c.sig.Verify(pub, text, again) {
				t.Errorf("the second signature equals the first, or does not verify: %v", err)
			}
			if c.sig.Verify(pub, text, flip(signature, -1)) {
				t.Error("the hint has a second encoding")
			}
		})
	}
}

func TestMLDSAContext(t *testing.T) {
	m := suites.MLDSA44()
	seed := [32]byte{1}
	_, key := mldsa44.NewKeyFromSeed(&seed)
	_, pub, err := m.NewPrivateKey(seed[:])
	if err != nil {
		t.Fatal(err)
	}
	signature := make([]byte, mldsa44.SignatureSize)
	for _, context := range []string{"", "MLS 1.0"} {
		if err := mldsa44.SignTo(key, text, []byte(context), false, signature); err != nil {
			t.Fatal(err)
		}
		if got := m.Verify(pub, text, signature); got != (context == "") {
			t.Errorf("context %q verifies: %v", context, got)
		}
	}
}
