package suites_test

import (
	"bytes"
	stdhpke "crypto/hpke"
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
	"testing"

	"github.com/cloudflare/circl/dh/x448"
	"github.com/cloudflare/circl/hpke"

	"parley/mls/public"
	"parley/mls/suites"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestX448Vector is one of the vectors of the CFRG's HPKE project, base mode with
// DHKEM(X448, HKDF-SHA512), HKDF-SHA512 and AES-256-GCM (RFC 9180, Section 4.1).
func TestX448Vector(t *testing.T) {
	h, err := suites.X448HPKE(stdhpke.AES256GCM())
	if err != nil {
		t.Fatal(err)
	}
	priv, pub, err := h.DeriveKeyPair(unhex(t, "93e714430d3cb00e8e8a03dd820dcbcc7f0141f93c63a7dede2dfb152b5b23982a1a55f2d86dd9e0f5a0f53b9c21605257ec1349d7f89e53"))
	if err != nil {
		t.Fatal(err)
	}
	if want := unhex(t, "c4e72a57af1640806c01617b947ee6d1bbe5eb1a5b4616fb705a5d2ed30b7f4317365c504249750e090805d44a2ddc2970172414a90a09e5"); !bytes.Equal(priv, want) {
		t.Errorf("private key: got %x, want %x", []byte(priv), want)
	}
	if want := unhex(t, "d920db89afdb25df110a44cf0d7dc4e4d4b74f09ceaba5e76a12d3cafefcd962e244804a58bfd12303732be21d511f877ddc2ed694447b3d"); !bytes.Equal(pub, want) {
		t.Errorf("public key: got %x, want %x", pub, want)
	}
	enc := unhex(t, "390f2971ca97d513915a2bc5aac0cb81b832d9424d2264eaa9e868d80862edd7918276883a8d0434309e049408fec2340ae5799702f948d7")
	r, err := h.NewRecipient(priv, enc, []byte("Ode on a Grecian Urn"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Open([]byte("Count-0"), unhex(t, "6a5ef0f8c88a17c6d26bee63b4468cd43360eb69804fb392d8c9b8eba2f9bd806726c7d99cb9073022000ce41a"))
	if err != nil || string(got) != "Beauty is truth, truth beauty" {
		t.Errorf("got %q, %v", got, err)
	}
	secret, err := r.Export("", 32)
	if want := unhex(t, "596003579117f3edeeeeb84e602b1ff316fd6771ebeb9bd400fd5ae9155199ab"); err != nil || !bytes.Equal(secret, want) {
		t.Errorf("exported %x, %v, want %x", secret, err, want)
	}
	for _, n := range []int{-1, 255*64 + 1} {
		if _, err := r.Export("", n); !errors.Is(err, public.ErrSuiteParameters) {
			t.Errorf("export of %d bytes: got %v", n, err)
		}
	}
}

// TestX448Derive compares with circl at the one length that it takes, and tries
// those that it panics at (RFC 9180, Section 7.1.3).
func TestX448Derive(t *testing.T) {
	h, err := suites.X448HPKE(stdhpke.ChaCha20Poly1305())
	if err != nil {
		t.Fatal(err)
	}
	ikm := bytes.Repeat([]byte{7}, x448.Size)
	priv, pub, err := h.DeriveKeyPair(ikm)
	if err != nil {
		t.Fatal(err)
	}
	wantPub, wantPriv := hpke.KEM_X448_HKDF_SHA512.Scheme().DeriveKeyPair(ikm)
	if want, err := wantPriv.MarshalBinary(); err != nil || !bytes.Equal(priv, want) {
		t.Errorf("private key: got %x, want %x", []byte(priv), want)
	}
	if want, err := wantPub.MarshalBinary(); err != nil || !bytes.Equal(pub, want) {
		t.Errorf("public key: got %x, want %x", pub, want)
	}
	for _, n := range []int{0, 1, 32, 55, 57, 64, 1000} {
		if other, _, err := h.DeriveKeyPair(make([]byte, n)); err != nil || len(other) != x448.Size || other.Equal(priv) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func TestX448AEAD(t *testing.T) {
	if _, err := suites.X448HPKE(stdhpke.ExportOnly()); !errors.Is(err, public.ErrSuiteParameters) {
		t.Errorf("got %v, want ErrSuiteParameters", err)
	}
}

// little returns n modulo 2^(8 size), little endian.
func little(n *big.Int, size int) []byte {
	b := n.FillBytes(make([]byte, size))
	slices.Reverse(b)
	return b
}

// lowX25519 and lowX448 return every encoding of a point of small order, up to
// the bit that X25519 ignores.
func lowX25519(t testing.TB) (points [][]byte) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	for _, n := range []*big.Int{
		big.NewInt(0), big.NewInt(1),
		new(big.Int).Sub(p, big.NewInt(1)), p, new(big.Int).Add(p, big.NewInt(1)),
	} {
		points = append(points, little(n, 32))
	}
	points = append(points,
		unhex(t, "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
		unhex(t, "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"))
	for _, q := range slices.Clone(points) {
		q = slices.Clone(q)
		q[31] |= 0x80
		points = append(points, q)
	}
	return points
}

func lowX448(testing.TB) (points [][]byte) {
	p := new(big.Int).Lsh(big.NewInt(1), 448)
	p.Sub(p, new(big.Int).Lsh(big.NewInt(1), 224)).Sub(p, big.NewInt(1))
	for _, n := range []*big.Int{
		big.NewInt(0), big.NewInt(1),
		new(big.Int).Sub(p, big.NewInt(1)), p, new(big.Int).Add(p, big.NewInt(1)),
	} {
		points = append(points, little(n, 56))
	}
	return points
}

// TestZeroSecretRefused offers keys and KEM outputs for which Diffie-Hellman
// gives zero whatever the other side has, as whose member nobody could be
// encrypted to and as whose sender everybody knew the secret
// (RFC 9180, Section 7.1.4).
func TestZeroSecretRefused(t *testing.T) {
	for _, c := range []struct {
		suite *public.Suite
		low   [][]byte
	}{
		{public.X25519(), lowX25519(t)},
		{public.ChaCha20(), lowX25519(t)},
		{public.XWing(public.SuiteXWing), lowX25519(t)},
		{suites.X448(), lowX448(t)},
		{suites.X448ChaCha20(), lowX448(t)},
	} {
		t.Run(c.suite.Name(), func(t *testing.T) {
			priv, pub := hpkeKey(t, c.suite)
			kem, ct, err := c.suite.EncryptWithLabel(pub, "L", nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range c.low {
				checkZeroSecret(t, c.suite, withTail(pub, p), priv, withTail(kem, p), ct)
			}
		})
	}
}

func withTail(b, tail []byte) []byte {
	return slices.Concat(b[:len(b)-len(tail)], tail)
}

func checkZeroSecret(t *testing.T, s *public.Suite, pub public.HPKEPublicKey, priv public.HPKEPrivateKey, kem, ct []byte) {
	t.Helper()
	if err := s.CheckHPKEPublicKey(pub); !errors.Is(err, public.ErrKey) {
		t.Errorf("check %x: got %v, want ErrKey", pub, err)
	}
	if _, _, err := s.EncryptWithLabel(pub, "L", nil, nil); !errors.Is(err, public.ErrKey) {
		t.Errorf("encrypt to %x: got %v, want ErrKey", pub, err)
	}
	if _, _, err := s.ExternalInitSend(pub); !errors.Is(err, public.ErrKey) {
		t.Errorf("external init to %x: got %v, want ErrKey", pub, err)
	}
	if _, err := s.DecryptWithLabel(priv, "L", nil, kem, ct); !errors.Is(err, public.ErrDecrypt) {
		t.Errorf("decrypt from %x: got %v, want ErrDecrypt", kem, err)
	}
	if _, err := s.ExternalInitReceive(priv, kem); !errors.Is(err, public.ErrDecrypt) {
		t.Errorf("external init from %x: got %v, want ErrDecrypt", kem, err)
	}
}

// TestCurvePoints: what is no point of the curve is no key of its suite.
func TestCurvePoints(t *testing.T) {
	for _, s := range []*public.Suite{public.P256(), public.P384(), public.P521()} {
		_, pub := hpkeKey(t, s)
		size := (len(pub) - 1) / 2
		for name, bad := range map[string][]byte{
			"off the curve": flip(pub, -1),
			"infinity":      {0},
			"compressed":    append([]byte{2 + pub[len(pub)-1]&1}, pub[1:1+size]...),
			"all zero":      make([]byte, len(pub)),
			"(0, 0)":        append([]byte{4}, make([]byte, 2*size)...),
			"x too large":   slices.Concat([]byte{4}, bytes.Repeat([]byte{0xff}, size), pub[1+size:]),
		} {
			if err := s.CheckHPKEPublicKey(bad); !errors.Is(err, public.ErrKey) {
				t.Errorf("%s, HPKE key %s: got %v, want ErrKey", s.Name(), name, err)
			}
			if err := s.CheckSignaturePublicKey(bad); !errors.Is(err, public.ErrKey) {
				t.Errorf("%s, signature key %s: got %v, want ErrKey", s.Name(), name, err)
			}
		}
	}
}

// TestMLKEMModulus: a coefficient above the modulus is no key of ML-KEM.
func TestMLKEMModulus(t *testing.T) {
	for _, s := range []*public.Suite{
		public.MLKEM768Ed25519(public.SuiteMLKEM768Ed25519), public.MLKEM1024ECDSA(public.SuiteMLKEM1024ECDSA),
		public.XWing(public.SuiteXWing), public.MLKEM768P256(public.SuiteMLKEM768P256),
		public.MLKEM1024P384(public.SuiteMLKEM1024P384),
	} {
		_, pub := hpkeKey(t, s)
		pub[0], pub[1] = 0xff, pub[1]|0x0f
		if err := s.CheckHPKEPublicKey(pub); !errors.Is(err, public.ErrKey) {
			t.Errorf("%s: got %v, want ErrKey", s.Name(), err)
		}
	}
}
