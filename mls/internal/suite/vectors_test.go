package suite_test

import (
	"bytes"
	"testing"

	"parley/mls/internal/suite"
	"parley/mls/mlstest"
)

// cryptoBasics is a case of crypto-basics.json.
type cryptoBasics struct {
	RefHash struct {
		Label      string
		Value, Out mlstest.Hex
	} `json:"ref_hash"`
	ExpandWithLabel struct {
		Secret, Context, Out mlstest.Hex
		Label                string
		Length               int
	} `json:"expand_with_label"`
	DeriveSecret struct {
		Secret, Out mlstest.Hex
		Label       string
	} `json:"derive_secret"`
	DeriveTreeSecret struct {
		Secret, Out mlstest.Hex
		Label       string
		Generation  uint32
		Length      int
	} `json:"derive_tree_secret"`
	SignWithLabel struct {
		Priv, Pub, Content, Signature mlstest.Hex
		Label                         string
	} `json:"sign_with_label"`
	EncryptWithLabel struct {
		Priv, Pub, Context, Plaintext, Ciphertext mlstest.Hex
		KEMOutput                                 mlstest.Hex `json:"kem_output"`
		Label                                     string
	} `json:"encrypt_with_label"`
}

// TestCryptoBasics runs the vectors of RFC 9420, Section 5.1.2,
// RFC 9420, Section 5.1.3, RFC 9420, Section 5.2 and RFC 9420, Section 8.
func TestCryptoBasics(t *testing.T) {
	mlstest.Each(t, "crypto-basics.json", func(t *testing.T, s *suite.Suite, c cryptoBasics) {
		checkDerivations(t, s, c)
		checkSignature(t, s, c)
		checkEncryption(t, s, c)
	})
}

func checkDerivations(t *testing.T, s *suite.Suite, c cryptoBasics) {
	if got := s.RefHash(c.RefHash.Label, c.RefHash.Value); !bytes.Equal(got, c.RefHash.Out) {
		t.Errorf("RefHash: got %x, want %x", got, c.RefHash.Out)
	}
	e := c.ExpandWithLabel
	if got := s.ExpandWithLabel(suite.Secret(e.Secret), e.Label, e.Context, e.Length); !bytes.Equal(got, e.Out) {
		t.Errorf("ExpandWithLabel: got %x, want %x", []byte(got), e.Out)
	}
	d := c.DeriveSecret
	if got := s.DeriveSecret(suite.Secret(d.Secret), d.Label); !bytes.Equal(got, d.Out) {
		t.Errorf("DeriveSecret: got %x, want %x", []byte(got), d.Out)
	}
	x := c.DeriveTreeSecret
	if got := s.DeriveTreeSecret(suite.Secret(x.Secret), x.Label, x.Generation, x.Length); !bytes.Equal(got, x.Out) {
		t.Errorf("DeriveTreeSecret: got %x, want %x", []byte(got), x.Out)
	}
}

func checkSignature(t *testing.T, s *suite.Suite, c cryptoBasics) {
	v := c.SignWithLabel
	if err := s.VerifyWithLabel(suite.SignaturePublicKey(v.Pub), v.Label, v.Content, v.Signature); err != nil {
		t.Errorf("the vector's signature: %v", err)
	}
	priv, pub, err := s.NewSignaturePrivateKey(mlstest.Scalar(s, v.Priv))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pub, v.Pub) {
		t.Errorf("public key: got %x, want %x", pub, v.Pub)
	}
	sig, err := s.SignWithLabel(priv, v.Label, v.Content)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.VerifyWithLabel(suite.SignaturePublicKey(v.Pub), v.Label, v.Content, sig); err != nil {
		t.Errorf("our signature: %v", err)
	}
}

func checkEncryption(t *testing.T, s *suite.Suite, c cryptoBasics) {
	v := c.EncryptWithLabel
	got, err := s.DecryptWithLabel(mlstest.Scalar(s, v.Priv), v.Label, v.Context, v.KEMOutput, v.Ciphertext)
	if err != nil || !bytes.Equal(got, v.Plaintext) {
		t.Errorf("the vector's ciphertext: got %x, %v, want %x", got, err, v.Plaintext)
	}
	kem, ct, err := s.EncryptWithLabel(suite.HPKEPublicKey(v.Pub), v.Label, v.Context, v.Plaintext)
	if err != nil {
		t.Fatal(err)
	}
	got, err = s.DecryptWithLabel(mlstest.Scalar(s, v.Priv), v.Label, v.Context, kem, ct)
	if err != nil || !bytes.Equal(got, v.Plaintext) {
		t.Errorf("our ciphertext: got %x, %v, want %x", got, err, v.Plaintext)
	}
}
