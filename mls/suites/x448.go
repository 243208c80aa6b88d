//go:build !js

package suites

import (
	"crypto/hkdf"
	stdhpke "crypto/hpke"
	"crypto/sha512"
	"encoding/binary"
	"slices"

	"github.com/cloudflare/circl/dh/x448"
	"github.com/cloudflare/circl/hpke"
	"github.com/cloudflare/circl/kem"

	"parley/mls/public"
)

// x448HPKE is HPKE with DHKEM(X448, HKDF-SHA512) and HKDF-SHA512
// (RFC 9180, Section 4.1). The standard library's HPKE has no X448, and its KEMs
// are a closed set; circl's is the whole of HPKE, checked against the vectors of
// its RFC, and only DeriveKeyPair is ours.
type x448HPKE struct {
	suite  hpke.Suite
	scheme kem.Scheme
}

// X448HPKE returns HPKE with DHKEM(X448, HKDF-SHA512), HKDF-SHA512 and an AEAD of
// crypto/hpke: AES-128-GCM, AES-256-GCM or ChaCha20-Poly1305, else
// [public.ErrSuiteParameters]. Public keys, private keys and KEM outputs have 56
// bytes.
func X448HPKE(aead stdhpke.AEAD) (public.HPKE, error) {
	id := hpke.AEAD(aead.ID()) // both use the numbers of RFC 9180
	if !slices.Contains([]hpke.AEAD{hpke.AEAD_AES128GCM, hpke.AEAD_AES256GCM, hpke.AEAD_ChaCha20Poly1305}, id) {
		return nil, public.ErrSuiteParameters
	}
	return x448HPKE{
		suite:  hpke.NewSuite(hpke.KEM_X448_HKDF_SHA512, hpke.KDF_HKDF_SHA512, id),
		scheme: hpke.KEM_X448_HKDF_SHA512.Scheme(),
	}, nil
}

func (h x448HPKE) KEMOutputSize() int { return x448.Size }

func (h x448HPKE) NewSender(pub public.HPKEPublicKey, info []byte) ([]byte, public.HPKESender, error) {
	pk, err := h.scheme.UnmarshalBinaryPublicKey(pub)
	if err != nil {
		return nil, nil, public.ErrKey
	}
	sender, err := h.suite.NewSender(pk, info)
	if err != nil {
		return nil, nil, public.ErrKey
	}
	enc, s, err := sender.Setup(nil)
	if err != nil { // the all-zero secret of a key of small order
		return nil, nil, public.ErrKey
	}
	return enc, sealer{s}, nil
}

func (h x448HPKE) NewRecipient(priv public.HPKEPrivateKey, kemOutput, info []byte) (public.HPKERecipient, error) {
	sk, err := h.scheme.UnmarshalBinaryPrivateKey(priv)
	if err != nil {
		return nil, public.ErrKey
	}
	receiver, err := h.suite.NewReceiver(sk, info)
	if err != nil {
		return nil, public.ErrKey
	}
	r, err := receiver.Setup(kemOutput)
	if err != nil {
		return nil, public.ErrDecrypt
	}
	return opener{r}, nil
}

// DeriveKeyPair is the function of RFC 9180, Section 7.1.3. MLS calls it with the
// 64 bytes of KDF.Nh (RFC 9420, Section 7.4), for which circl's panics: that one
// wants exactly the 56 of a key.
func (h x448HPKE) DeriveKeyPair(ikm public.Secret) (public.HPKEPrivateKey, public.HPKEPublicKey, error) {
	suiteID := binary.BigEndian.AppendUint16([]byte("KEM"), uint16(hpke.KEM_X448_HKDF_SHA512))
	labeledIKM := slices.Concat([]byte("HPKE-v1"), suiteID, []byte("dkp_prk"), ikm)
	defer clear(labeledIKM)
	prk, err := hkdf.Extract(sha512.New, labeledIKM, nil)
	if err != nil {
		return nil, nil, public.ErrKey
	}
	defer clear(prk)
	labeledInfo := slices.Concat([]byte{0, x448.Size}, []byte("HPKE-v1"), suiteID, []byte("sk"))
	priv, err := hkdf.Expand(sha512.New, prk, string(labeledInfo), x448.Size)
	if err != nil {
		return nil, nil, public.ErrKey
	}
	pub, err := h.PublicKey(priv)
	return priv, pub, err
}

func (h x448HPKE) PublicKey(priv public.HPKEPrivateKey) (public.HPKEPublicKey, error) {
	if len(priv) != x448.Size {
		return nil, public.ErrKey
	}
	sk, pk := x448.Key(priv), x448.Key{}
	x448.KeyGen(&pk, &sk)
	clear(sk[:])
	return pk[:], nil
}

// CheckPublicKey refuses keys of small order, to which nobody can encrypt: with
// any private key X448 gives zero for them (RFC 9180, Section 7.1.4).
func (h x448HPKE) CheckPublicKey(pub public.HPKEPublicKey) error {
	if len(pub) != x448.Size || smallOrderU(pub) {
		return public.ErrKey
	}
	return nil
}

// smallOrderU reports whether u, little endian, is 0, 1 or -1 modulo
// p = 2^448 - 2^224 - 1: the u coordinates of small order of curve448, and p and
// p+1, which are other forms of 0 and 1.
func smallOrderU(u []byte) bool {
	for _, low := range smallOrder448 {
		if slices.Equal(u, low[:]) {
			return true
		}
	}
	return false
}

var smallOrder448 = func() (points [5][x448.Size]byte) {
	points[1][0] = 1 // 1, after 0
	for i := range x448.Size {
		for k := 2; k < 5; k++ {
			points[k][i] = 0xff
		}
	}
	points[2][28] = 0xfe // p
	points[3] = points[2]
	points[3][0] = 0xfe // p-1
	points[4] = [x448.Size]byte{}
	for i := 28; i < x448.Size; i++ { // p+1 = 2^448 - 2^224
		points[4][i] = 0xff
	}
	return points
}()

// sealer gives circl's sender the methods of the standard library's.
type sealer struct{ hpke.Sealer }

func (s sealer) Seal(aad, plaintext []byte) ([]byte, error) { return s.Sealer.Seal(plaintext, aad) }

func (s sealer) Export(exporterContext string, n int) ([]byte, error) {
	return export(s.Sealer, exporterContext, n)
}

// opener gives circl's recipient the methods of the standard library's.
type opener struct{ hpke.Opener }

func (o opener) Open(aad, ciphertext []byte) ([]byte, error) { return o.Opener.Open(ciphertext, aad) }

func (o opener) Export(exporterContext string, n int) ([]byte, error) {
	return export(o.Opener, exporterContext, n)
}

// export returns [public.ErrSuiteParameters] for a length at which circl panics.
func export(c hpke.Context, exporterContext string, n int) ([]byte, error) {
	if n < 0 || n > 255*sha512.Size {
		return nil, public.ErrSuiteParameters
	}
	return c.Export([]byte(exporterContext), uint(n)), nil
}
