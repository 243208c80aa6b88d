package identity_test

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"parley/identity"
	"parley/internal/cbor"
)

func TestURIs(t *testing.T) {
	a, err := identity.NewAccount("example.com", "alice.1")
	if err != nil || a != "mimi://example.com/u/alice.1" || a.Name() != "alice.1" || a.Domain() != "example.com" {
		t.Fatalf("NewAccount = %q, %v", a, err)
	}
	d := identity.NewDevice(a, [16]byte{1})
	if got, err := identity.ParseDevice(string(d)); err != nil || got != d || got.Account() != a || len(got.ID()) != 22 {
		t.Fatalf("ParseDevice(%q) = %q, %v", d, got, err)
	}
	r := identity.RandomRoom("example.com")
	if got, gen, err := identity.ParseGroupID(r.GroupID(7)); err != nil || got != r || gen != 7 {
		t.Fatalf("ParseGroupID = %q, %d, %v; want %q, 7", got, gen, err, r)
	}
}

func TestMalformedURIs(t *testing.T) {
	id := strings.Repeat("A", 22)
	for _, s := range []string{
		"", "alice", "mimi://example.com/u/", "mimi://example.com/u/Alice", "mimi://example.com/u/a/b", "mimi:///u/alice", "example.com/u/alice",
		"mimi://Example.com/u/alice", "mimi://example.com/u/" + strings.Repeat("a", 65), "mimi://example.com/u/a#1", "mimi://example.com/u/é",
	} {
		if _, err := identity.ParseAccount(s); !errors.Is(err, identity.ErrURI) {
			t.Errorf("ParseAccount(%q): %v; want ErrURI", s, err)
		}
	}
	for _, s := range []string{"mimi://e/d/a/", "mimi://e/d/a/" + id + "A", "mimi://e/d/a/" + id[:21] + "B", "mimi://e/d//" + id, "mimi://e/u/a/" + id} {
		if _, err := identity.ParseDevice(s); !errors.Is(err, identity.ErrURI) {
			t.Errorf("ParseDevice(%q): %v; want ErrURI", s, err)
		}
	}
	for _, s := range []string{"mimi://e/r/" + id + "#01", "mimi://e/r/" + id + "#", "mimi://e/r/" + id, "mimi://e/r/" + id + "#4294967296", "mimi://e/r/x#0"} {
		if _, _, err := identity.ParseGroupID([]byte(s)); !errors.Is(err, identity.ErrURI) {
			t.Errorf("ParseGroupID(%q): %v; want ErrURI", s, err)
		}
	}
}

func TestKeysPrintRedacted(t *testing.T) {
	k := identity.GenerateKey()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, k); got != "identity.PrivateKey(redacted)" {
			t.Errorf("%s prints %q", verb, got)
		}
	}
}

// Each key is one that a lax verifier takes: not canonical, or of small order,
// under which one signature can be made to fit any message.
func TestStrictKeys(t *testing.T) {
	hex := func(first, last byte, fill byte) (k identity.PublicKey) {
		for i := range k {
			k[i] = fill
		}
		k[0], k[31] = first, last
		return k
	}
	for name, k := range map[string]identity.PublicKey{
		"identity":               hex(1, 0, 0),
		"identity, sign bit":     hex(1, 0x80, 0),
		"order 2":                hex(0xec, 0x7f, 0xff),
		"order 4":                hex(0, 0, 0),
		"order 4, sign bit":      hex(0, 0x80, 0),
		"p, not canonical":       hex(0xed, 0x7f, 0xff),
		"p+1, not canonical":     hex(0xee, 0x7f, 0xff),
		"2^255-1, not canonical": hex(0xff, 0xff, 0xff),
	} {
		if _, err := identity.ParsePublicKey(k[:]); !errors.Is(err, identity.ErrKey) {
			t.Errorf("ParsePublicKey of %s: %v; want ErrKey", name, err)
		}
		sig := make([]byte, 64)
		sig[0] = 1 // R = identity, S = 0: verifies under a small-order A without strictness
		if err := k.Verify([]byte("any"), sig); !errors.Is(err, identity.ErrSignature) {
			t.Errorf("Verify under %s: %v; want ErrSignature", name, err)
		}
	}
}

// The y of the points of order 8 are the roots of d·y⁴ + 2y² - 1: doubling gives
// y = 0, a point of order 4.
func TestPointsOfOrder8(t *testing.T) {
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 255), big.NewInt(19))
	d := new(big.Int).Mul(big.NewInt(-121665), new(big.Int).ModInverse(big.NewInt(121666), p))
	// y² = (-1 ± √(1+d)) / d
	root := new(big.Int).ModSqrt(new(big.Int).Mod(new(big.Int).Add(d, big.NewInt(1)), p), p)
	found := 0
	for _, r := range []*big.Int{root, new(big.Int).Neg(root)} {
		y2 := new(big.Int).Mul(new(big.Int).Sub(r, big.NewInt(1)), new(big.Int).ModInverse(new(big.Int).Mod(d, p), p))
		y := new(big.Int).ModSqrt(y2.Mod(y2, p), p)
		if y == nil {
			continue
		}
		for _, v := range []*big.Int{y, new(big.Int).Sub(p, y)} {
			for _, sign := range []byte{0, 0x80} {
				var k identity.PublicKey
				v.FillBytes(k[:])
				slices.Reverse(k[:])
				k[31] |= sign
				if _, err := identity.ParsePublicKey(k[:]); !errors.Is(err, identity.ErrKey) {
					t.Errorf("ParsePublicKey(%x): %v; want ErrKey", k[:], err)
				}
				found++
			}
		}
	}
	if found != 4 {
		t.Errorf("checked %d points of order 8; want 4", found)
	}
}

func TestStatementsAreBoundToTheirUse(t *testing.T) {
	k := identity.GenerateKey()
	body := cbor.MustMarshal("x")
	sig := k.SignStatement("session", body)
	if err := k.Public().VerifyStatement("session", body, sig); err != nil {
		t.Fatal(err)
	}
	if err := k.Public().VerifyStatement("device-list", body, sig); !errors.Is(err, identity.ErrSignature) {
		t.Errorf("another use: %v; want ErrSignature", err)
	}
}

func TestEnrollmentCode(t *testing.T) {
	a, _ := identity.NewAccount("e", "alice")
	d, k := identity.RandomDevice(a), identity.GenerateKey().Public()
	code := identity.EnrollmentCode(d, k)
	if got := identity.NormalizeCode(strings.ToLower(strings.ReplaceAll(code, "-", " "))); got != code {
		t.Errorf("NormalizeCode = %q; want %q", got, code)
	}
	if other := identity.EnrollmentCode(d, identity.GenerateKey().Public()); other == code {
		t.Error("another key has the same code")
	}
	if got := identity.NormalizeCode("1234"); got != "" {
		t.Errorf("NormalizeCode(1234) = %q; want empty", got)
	}
}
