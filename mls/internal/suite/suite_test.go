package suite

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hpke"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
)

func all() []*Suite {
	return []*Suite{
		X25519(), P256(), ChaCha20(), P521(), P384(),
		XWingAES128(XWingAES128PrivateUse), XWing(XWingPrivateUse),
		MLKEM768P256AES128(MLKEM768P256AES128PrivateUse), MLKEM768P256(MLKEM768P256PrivateUse),
		MLKEM1024P384(MLKEM1024P384PrivateUse), MLKEM768Ed25519(MLKEM768Ed25519PrivateUse),
		MLKEM768ECDSA(MLKEM768ECDSAPrivateUse), MLKEM1024ECDSA(MLKEM1024ECDSAPrivateUse),
	}
}

// TestNew takes each part out of a suite, or puts a foreign one in
// (RFC 9420, Section 5.1).
func TestNew(t *testing.T) {
	h, err := NewHPKE(hpke.MLKEM768X25519(), hpke.HKDFSHA512(), hpke.AES256GCM())
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Parameters){
		"":              func(*Parameters) {},
		"no hash":       func(p *Parameters) { p.Hash = 0 },
		"SHA-1":         func(p *Parameters) { p.Hash = crypto.SHA1 },
		"no AEAD":       func(p *Parameters) { p.AEAD = nil },
		"export only":   func(p *Parameters) { p.AEAD = hpke.ExportOnly() },
		"no HPKE":       func(p *Parameters) { p.HPKE = nil },
		"no signatures": func(p *Parameters) { p.Signatures = nil },
		"wrong curve":   func(p *Parameters) { p.Signatures = ECDSA(elliptic.P224()) },
	} {
		p := Parameters{ID: 0xF200, Name: "own", Hash: crypto.SHA512, AEAD: hpke.AES256GCM(), HPKE: h, Signatures: Ed25519()}
		change(&p)
		s, err := New(p)
		if name != "" && !errors.Is(err, ErrParameters) {
			t.Errorf("%s: got %v, want ErrParameters", name, err)
		}
		if name == "" && (err != nil || s.ID() != 0xF200 || s.Name() != "own" || s.HashSize() != 64 || s.KeySize() != 32) {
			t.Errorf("got %+v, %v", s, err)
		}
	}
	if _, err := NewHPKE(unknownKEM{hpke.MLKEM768()}, hpke.HKDFSHA256(), hpke.AES128GCM()); !errors.Is(err, ErrParameters) {
		t.Errorf("unknown KEM: got %v, want ErrParameters", err)
	}
}

// unknownKEM is a KEM with a number that nobody has.
type unknownKEM struct{ hpke.KEM }

func (unknownKEM) ID() uint16 { return 0xffff }

// TestSealRoundTrip covers every suite, so also those that have no official
// vector (RFC 9420, Section 5.1.3, RFC 9420, Section 8.3).
func TestSealRoundTrip(t *testing.T) {
	for _, s := range all() {
		t.Run(s.Name(), func(t *testing.T) {
			priv, pub, err := s.GenerateHPKEKey(nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.HPKEPublicKeyOf(priv); err != nil || !bytes.Equal(got, pub) {
				t.Errorf("public key: got %x, %v, want %x", got, err, pub)
			}
			kem, ct, err := s.EncryptWithLabel(pub, "L", []byte("ctx"), []byte("text"))
			if err != nil {
				t.Fatal(err)
			}
			if len(kem) != s.KEMOutputSize() {
				t.Errorf("KEM output: got %d bytes, want %d", len(kem), s.KEMOutputSize())
			}
			if got, err := s.DecryptWithLabel(priv, "L", []byte("ctx"), kem, ct); err != nil || string(got) != "text" {
				t.Errorf("got %q, %v", got, err)
			}
			if _, err := s.DecryptWithLabel(priv, "M", []byte("ctx"), kem, ct); !errors.Is(err, ErrDecrypt) {
				t.Errorf("other label: got %v, want ErrDecrypt", err)
			}
			if _, err := s.DecryptWithLabel(priv, "L", []byte("ctx"), kem[1:], ct); !errors.Is(err, ErrDecrypt) {
				t.Errorf("cut KEM output: got %v, want ErrDecrypt", err)
			}
			enc, want, err := s.ExternalInitSend(pub)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := s.ExternalInitReceive(priv, enc); err != nil || !got.Equal(want) {
				t.Errorf("external init secrets differ: %v", err)
			}
		})
	}
}

// TestSignRoundTrip is about RFC 9420, Section 5.1.2.
func TestSignRoundTrip(t *testing.T) {
	for _, s := range all() {
		priv, pub, err := s.GenerateSignatureKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := s.SignWithLabel(priv, "L", []byte("text"))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.VerifyWithLabel(pub, "L", []byte("text"), sig); err != nil {
			t.Errorf("%s: %v", s.Name(), err)
		}
		if err := s.VerifyWithLabel(pub, "M", []byte("text"), sig); !errors.Is(err, ErrSignature) {
			t.Errorf("%s: other label: got %v, want ErrSignature", s.Name(), err)
		}
		if _, err := s.SignWithLabel(priv[1:], "L", nil); !errors.Is(err, ErrKey) {
			t.Errorf("%s: cut key: got %v, want ErrKey", s.Name(), err)
		}
	}
}

// TestMalformedKeys is about RFC 9420, Section 5.1.1.
func TestMalformedKeys(t *testing.T) {
	for _, s := range all() {
		for _, bad := range [][]byte{nil, {1, 2, 3}, make([]byte, 1217)} {
			if _, _, err := s.EncryptWithLabel(bad, "L", nil, nil); !errors.Is(err, ErrKey) {
				t.Errorf("%s: encrypt to %d bytes: got %v", s.Name(), len(bad), err)
			}
			if err := s.CheckHPKEPublicKey(bad); !errors.Is(err, ErrKey) {
				t.Errorf("%s: check %d bytes: got %v", s.Name(), len(bad), err)
			}
			if err := s.CheckSignaturePublicKey(bad); !errors.Is(err, ErrKey) {
				t.Errorf("%s: check signature key of %d bytes: got %v", s.Name(), len(bad), err)
			}
			if err := s.VerifyWithLabel(bad, "L", nil, nil); !errors.Is(err, ErrSignature) {
				t.Errorf("%s: verify with %d bytes: got %v", s.Name(), len(bad), err)
			}
		}
	}
}

func TestSealNeedsItsKey(t *testing.T) {
	s := X25519()
	key, nonce := make(Secret, s.KeySize()), make(Secret, s.NonceSize())
	ct, err := s.Seal(key, nonce, []byte("aad"), []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(key, nonce, []byte("aae"), ct); !errors.Is(err, ErrDecrypt) {
		t.Errorf("other aad: got %v, want ErrDecrypt", err)
	}
	if _, err := s.Open(key[1:], nonce, nil, ct); !errors.Is(err, ErrKey) {
		t.Errorf("short key: got %v, want ErrKey", err)
	}
	if _, err := s.Open(key, nonce[1:], nil, ct); !errors.Is(err, ErrKey) {
		t.Errorf("short nonce: got %v, want ErrKey", err)
	}
}

// TestSealInPlace: what stands in a buffer is sealed as Seal does it, and opened
// there, with every AEAD.
func TestSealInPlace(t *testing.T) {
	for _, s := range []*Suite{X25519(), ChaCha20(), P384()} {
		key, nonce := make(Secret, s.KeySize()), make(Secret, s.NonceSize())
		aad, text := []byte("aad"), []byte("text")
		want, err := s.Seal(key, nonce, aad, text)
		if err != nil {
			t.Fatal(err)
		}
		buf := append(bytes.Clone(text), make([]byte, s.TagSize())...)
		if err := s.SealInPlace(key, nonce, aad, buf); err != nil || !bytes.Equal(buf, want) {
			t.Errorf("%s: got %x, %v, want %x", s.Name(), buf, err, want)
		}
		got, err := s.OpenInPlace(key, nonce, aad, buf)
		if err != nil || !bytes.Equal(got, text) || &got[0] != &buf[0] {
			t.Errorf("%s: opened: got %q, %v", s.Name(), got, err)
		}
		if _, err := s.OpenInPlace(key, nonce, []byte("aae"), bytes.Clone(want)); !errors.Is(err, ErrDecrypt) {
			t.Errorf("%s: other aad: got %v, want ErrDecrypt", s.Name(), err)
		}
		if _, err := s.OpenInPlace(key, nonce[1:], aad, bytes.Clone(want)); !errors.Is(err, ErrKey) {
			t.Errorf("%s: short nonce: got %v, want ErrKey", s.Name(), err)
		}
		if err := s.SealInPlace(key, nonce, aad, make([]byte, s.TagSize()-1)); !errors.Is(err, ErrKey) {
			t.Errorf("%s: no room for the tag: got %v, want ErrKey", s.Name(), err)
		}
	}
}

// TestStrictEd25519 tries what lenient verifiers accept.
func TestStrictEd25519(t *testing.T) {
	e := ed25519Signatures{}
	msg := []byte("text")
	priv, pub, err := e.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	sig, err := e.Sign(priv, msg)
	if err != nil {
		t.Fatal(err)
	}
	if !e.Verify(pub, msg, sig) {
		t.Fatal("a good signature does not verify")
	}
	// S + L verifies the same equation.
	order, _ := new(big.Int).SetString("7237005577332262213973186563042994240857116359379907606001950938285454250989", 10)
	s := new(big.Int).SetBytes(reversed(sig[32:]))
	bad := append(slices.Clone(sig[:32]), reversed(s.Add(s, order).FillBytes(make([]byte, 32)))...)
	if e.Verify(pub, msg, bad) {
		t.Error("S above the order verifies")
	}
	// With A and R the identity and S = 0 the equation holds for every message.
	identity := append([]byte{1}, make([]byte, 31)...)
	forged := append(slices.Clone(identity), make([]byte, 32)...)
	if !ed25519.Verify(identity, msg, forged) {
		t.Error("the forgery does not even verify leniently: this test tests nothing")
	}
	if e.Verify(SignaturePublicKey(identity), msg, forged) {
		t.Error("a key of small order verifies every message")
	}
	for _, p := range []string{
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", // y = p+1, signed
		"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0100000000000000000000000000000000000000000000000000000000000080", // x = -0
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
	} {
		if key, _ := hex.DecodeString(p); e.CheckPublicKey(key) == nil {
			t.Errorf("key %s passes", p)
		}
	}
}

// TestSmallOrderPoints shows why they are refused: for such a point A there is an
// R of small order with S = 0 that verifies leniently for some message.
func TestSmallOrderPoints(t *testing.T) {
	smallOrderY := [5][32]byte{
		{},
		{0: 1},
		point("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
		point("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
		point("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
	}
	for _, a := range smallOrderY {
		if Ed25519().CheckPublicKey(a[:]) == nil {
			t.Errorf("%x passes", a)
		}
		found := false
		for i := 0; i < 200 && !found; i++ {
			for _, r := range smallOrderY {
				for _, sign := range []byte{0, 0x80} {
					sig := append(slices.Clone(r[:]), make([]byte, 32)...)
					sig[31] |= sign
					found = found || ed25519.Verify(a[:], []byte{byte(i)}, sig)
				}
			}
		}
		if !found {
			t.Errorf("%x is not of small order", a)
		}
	}
}

func reversed(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

func TestPrivateKeysPrintRedacted(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	for _, v := range []any{Secret(secret), HPKEPrivateKey(secret), SignaturePrivateKey(secret), struct{ K Secret }{secret}} {
		j, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, out := range []string{fmt.Sprint(v), fmt.Sprintf("%x %s %q %d", v, v, v, v), fmt.Sprintf("%#v %+v", v, v), string(j)} {
			if strings.Contains(out, "0123") || strings.Contains(out, "3031") || strings.Contains(out, "48") || strings.Contains(out, "MDEy") {
				t.Errorf("%T prints as %q", v, out)
			}
		}
	}
}

func TestEqual(t *testing.T) {
	a, b := Secret("abc"), Secret("abd")
	if a.Equal(b) || !a.Equal(slices.Clone(a)) || a.Equal(nil) {
		t.Error("Equal is wrong")
	}
	a.Erase()
	if !a.Equal(make(Secret, 3)) {
		t.Error("Erase leaves the secret")
	}
}
