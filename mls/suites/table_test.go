package suites_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	stdhpke "crypto/hpke"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"slices"
	"testing"

	"github.com/cloudflare/circl/hpke"
	"github.com/cloudflare/circl/sign/ed448"
	"github.com/cloudflare/circl/sign/mldsa/mldsa44"
	"github.com/cloudflare/circl/sign/mldsa/mldsa65"
	"github.com/cloudflare/circl/sign/mldsa/mldsa87"

	"parley/mls/public"
	"parley/mls/suites"
)

// A row is one of the table of RFC 9420, Section 17.1 or
// draft-ietf-mls-pq-ciphersuites-06, Section 3.1, with the numbers of HPKE as
// they stand there. verify is the signature scheme by another way in.
type row struct {
	id             public.CipherSuite
	name           string
	kem, kdf, aead uint16
	hash           crypto.Hash
	verify         func(pub, message, signature []byte) bool
	kemOutput      int // bytes
}

var table = []row{
	{0x0001, "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519", 0x0020, 1, 1, crypto.SHA256, verifyEd25519, 32},
	{0x0002, "MLS_128_DHKEMP256_AES128GCM_SHA256_P256", 0x0010, 1, 1, crypto.SHA256, verifyP256, 65},
	{0x0003, "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519", 0x0020, 1, 3, crypto.SHA256, verifyEd25519, 32},
	{0x0004, "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448", 0x0021, 3, 2, crypto.SHA512, verifyEd448, 56},
	{0x0005, "MLS_256_DHKEMP521_AES256GCM_SHA512_P521", 0x0012, 3, 2, crypto.SHA512, verifyP521, 133},
	{0x0006, "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448", 0x0021, 3, 3, crypto.SHA512, verifyEd448, 56},
	{0x0007, "MLS_256_DHKEMP384_AES256GCM_SHA384_P384", 0x0011, 2, 2, crypto.SHA384, verifyP384, 97},

	{0xF0A1, "MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519", 0x647a, 1, 1, crypto.SHA256, verifyEd25519, 1120},
	{0xF0A2, "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519", 0x647a, 2, 2, crypto.SHA384, verifyEd25519, 1120},
	{0xF0A3, "MLS_128_MLKEM768P256_AES128GCM_SHA256_P256", 0x0050, 1, 1, crypto.SHA256, verifyP256, 1153},
	{0xF0A4, "MLS_128_MLKEM768P256_AES256GCM_SHA384_P256", 0x0050, 2, 2, crypto.SHA384, verifyP256, 1153},
	{0xF0A5, "MLS_192_MLKEM1024P384_AES256GCM_SHA384_P384", 0x0051, 2, 2, crypto.SHA384, verifyP384, 1665},
	{0xF0A6, "MLS_128_MLKEM768_AES256GCM_SHA384_Ed25519", 0x0041, 2, 2, crypto.SHA384, verifyEd25519, 1088},
	{0xF0A7, "MLS_128_MLKEM768_AES256GCM_SHA384_P256", 0x0041, 2, 2, crypto.SHA384, verifyP256, 1088},
	{0xF0A8, "MLS_192_MLKEM1024_AES256GCM_SHA384_P384", 0x0042, 2, 2, crypto.SHA384, verifyP384, 1568},
	{0xF0A9, "MLS_128_MLKEM768X25519_CHACHA20POLY1305_SHA384_MLDSA44", 0x647a, 2, 3, crypto.SHA384, verifyMLDSA44, 1120},
	{0xF0AA, "MLS_192_MLKEM768_AES256GCM_SHA384_MLDSA65", 0x0041, 2, 2, crypto.SHA384, verifyMLDSA65, 1088},
	{0xF0AB, "MLS_256_MLKEM1024_AES256GCM_SHA384_MLDSA87", 0x0042, 2, 2, crypto.SHA384, verifyMLDSA87, 1568},
}

// TestTable opens what each suite made by the algorithms that the table names
// for it, taken by their numbers.
func TestTable(t *testing.T) {
	all := suites.All()
	if len(all) != len(table) {
		t.Fatalf("%d suites, want %d", len(all), len(table))
	}
	for i, r := range table {
		t.Run(r.name, func(t *testing.T) {
			s := all[i]
			if s.ID() != r.id || s.Name() != r.name || s.KEMOutputSize() != r.kemOutput {
				t.Errorf("got %#x %s %d, want %#x %d", s.ID(), s.Name(), s.KEMOutputSize(), r.id, r.kemOutput)
			}
			h := r.hash.New()
			h.Write([]byte("text"))
			if want := h.Sum(nil); !bytes.Equal(s.Hash([]byte("te"), []byte("xt")), want) || s.HashSize() != len(want) {
				t.Errorf("the hash is not %v", r.hash)
			}
			checkSealed(t, s, r)
			checkSigned(t, s, r)
		})
	}
}

// labeled is the encoding of a label and a content that is signed or encrypted
// (RFC 9420, Section 5.1.2, RFC 9420, Section 5.1.3), both shorter than 64.
func labeled(label, content string) []byte {
	label = "MLS 1.0 " + label
	return slices.Concat([]byte{byte(len(label))}, []byte(label), []byte{byte(len(content))}, []byte(content))
}

func checkSealed(t *testing.T, s *public.Suite, r row) {
	priv, pub, err := s.GenerateHPKEKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	kemOutput, ciphertext, err := s.EncryptWithLabel(pub, "L", []byte("context"), []byte("text"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := openByNumbers(r, priv, kemOutput, labeled("L", "context"), ciphertext)
	if err != nil || string(got) != "text" {
		t.Errorf("got %q, %v", got, err)
	}
}

func openByNumbers(r row, priv, kemOutput, info, ciphertext []byte) ([]byte, error) {
	if r.kem == 0x0021 {
		return openX448(r, priv, kemOutput, info, ciphertext)
	}
	kem, err := stdhpke.NewKEM(r.kem)
	if err != nil {
		return nil, err
	}
	kdf, err := stdhpke.NewKDF(r.kdf)
	if err != nil {
		return nil, err
	}
	aead, err := stdhpke.NewAEAD(r.aead)
	if err != nil {
		return nil, err
	}
	sk, err := kem.NewPrivateKey(priv)
	if err != nil {
		return nil, err
	}
	return stdhpke.Open(sk, kdf, aead, info, slices.Concat(kemOutput, ciphertext))
}

func openX448(r row, priv, kemOutput, info, ciphertext []byte) ([]byte, error) {
	sk, err := hpke.KEM(r.kem).Scheme().UnmarshalBinaryPrivateKey(priv)
	if err != nil {
		return nil, err
	}
	receiver, err := hpke.NewSuite(hpke.KEM(r.kem), hpke.KDF(r.kdf), hpke.AEAD(r.aead)).NewReceiver(sk, info)
	if err != nil {
		return nil, err
	}
	opener, err := receiver.Setup(kemOutput)
	if err != nil {
		return nil, err
	}
	return opener.Open(ciphertext, nil)
}

func checkSigned(t *testing.T, s *public.Suite, r row) {
	priv, pub, err := s.GenerateSignatureKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := s.SignWithLabel(priv, "L", []byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	if !r.verify(pub, labeled("L", "content"), signature) {
		t.Error("the signature is not one of the scheme in the table")
	}
}

func verifyEd25519(pub, message, signature []byte) bool {
	return len(pub) == ed25519.PublicKeySize && ed25519.Verify(pub, message, signature)
}

func verifyEd448(pub, message, signature []byte) bool {
	return ed448.Verify(pub, message, signature, "")
}

func verifyP256(pub, message, signature []byte) bool {
	return verifyECDSA(elliptic.P256(), crypto.SHA256, pub, message, signature)
}

func verifyP384(pub, message, signature []byte) bool {
	return verifyECDSA(elliptic.P384(), crypto.SHA384, pub, message, signature)
}

func verifyP521(pub, message, signature []byte) bool {
	return verifyECDSA(elliptic.P521(), crypto.SHA512, pub, message, signature)
}

func verifyECDSA(curve elliptic.Curve, hash crypto.Hash, pub, message, signature []byte) bool {
	key, err := ecdsa.ParseUncompressedPublicKey(curve, pub)
	h := hash.New()
	h.Write(message)
	return err == nil && ecdsa.VerifyASN1(key, h.Sum(nil), signature)
}

// The context string of ML-DSA is empty.
func verifyMLDSA44(pub, message, signature []byte) bool {
	var key mldsa44.PublicKey
	return key.UnmarshalBinary(pub) == nil && mldsa44.Verify(&key, message, nil, signature)
}

func verifyMLDSA65(pub, message, signature []byte) bool {
	var key mldsa65.PublicKey
	return key.UnmarshalBinary(pub) == nil && mldsa65.Verify(&key, message, nil, signature)
}

func verifyMLDSA87(pub, message, signature []byte) bool {
	var key mldsa87.PublicKey
	return key.UnmarshalBinary(pub) == nil && mldsa87.Verify(&key, message, nil, signature)
}
