package suite

import (
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"math"
	"slices"
)

// A smallHPKE is HPKE in base mode (RFC 9180) with a KEM of X25519 alone or of its
// hybrid. It serves programs that must be small: crypto/hpke brings every curve
// that it knows, whichever is used. What it gives and takes is the same, byte for
// byte, which the tests compare.
type smallHPKE struct {
	kem  smallKEM
	kdf  func() hash.Hash // HKDF's
	id   []byte           // the suite's id in labels (RFC 9180, Section 5.1)
	nh   int              // bytes of the hash
	nk   int              // bytes of an AEAD key
	aead func(key []byte) (cipher.AEAD, error)
}

// A smallKEM is a key encapsulation mechanism (RFC 9180, Section 4).
type smallKEM interface {
	id() uint16
	encSize() int
	// encapsulate returns a shared secret and its encapsulation to pub.
	encapsulate(pub []byte) (secret, enc []byte, err error)
	decapsulate(priv, enc []byte) (secret []byte, err error)
	derive(ikm []byte) (priv []byte, err error)
	public(priv []byte) ([]byte, error)
	check(pub []byte) error
}

// Numbers of RFC 9180, Section 7.3, and of its KEMs and KDFs.
const (
	kemX25519    = 0x0020
	kemXWing     = 0x647a // draft-ietf-hpke-pq
	kdfSHA256    = 0x0001
	kdfSHA384    = 0x0002
	aeadAES128   = 0x0001
	aeadAES256   = 0x0002
	aeadChaCha20 = 0x0003
)

// newSmallHPKE returns the HPKE of a KEM, an HKDF and an AEAD, by their numbers.
func newSmallHPKE(kem smallKEM, kdf uint16, h func() hash.Hash, aead uint16) smallHPKE {
	newAEAD, nk := aeadOf(aead)
	id := []byte("HPKE")
	for _, n := range []uint16{kem.id(), kdf, aead} {
		id = binary.BigEndian.AppendUint16(id, n)
	}
	return smallHPKE{kem: kem, kdf: h, id: id, nh: h().Size(), nk: nk, aead: newAEAD}
}

func (h smallHPKE) KEMOutputSize() int { return h.kem.encSize() }

func (h smallHPKE) NewSender(pub HPKEPublicKey, info []byte) ([]byte, Sender, error) {
	secret, enc, err := h.kem.encapsulate(pub)
	if err != nil {
		return nil, nil, ErrKey
	}
	c, err := h.schedule(secret, info)
	if err != nil {
		return nil, nil, ErrKey
	}
	return enc, c, nil
}

func (h smallHPKE) NewRecipient(priv HPKEPrivateKey, kemOutput, info []byte) (Recipient, error) {
	if _, err := h.kem.public(priv); err != nil {
		return nil, ErrKey
	}
	secret, err := h.kem.decapsulate(priv, kemOutput)
	if err != nil {
		return nil, ErrDecrypt
	}
	c, err := h.schedule(secret, info)
	if err != nil {
		return nil, ErrDecrypt
	}
	return c, nil
}

func (h smallHPKE) DeriveKeyPair(ikm Secret) (HPKEPrivateKey, HPKEPublicKey, error) {
	priv, err := h.kem.derive(ikm)
	if err != nil {
		return nil, nil, ErrKey
	}
	pub, err := h.kem.public(priv)
	if err != nil {
		return nil, nil, ErrKey
	}
	return priv, pub, nil
}

func (h smallHPKE) PublicKey(priv HPKEPrivateKey) (HPKEPublicKey, error) {
	pub, err := h.kem.public(priv)
	if err != nil {
		return nil, ErrKey
	}
	return pub, nil
}

func (h smallHPKE) CheckPublicKey(pub HPKEPublicKey) error {
	if h.kem.check(pub) != nil || smallOrderX25519(pub[len(pub)-32:]) {
		return ErrKey
	}
	return nil
}

// schedule is KeySchedule in base mode (RFC 9180, Section 5.1).
func (h smallHPKE) schedule(secret, info []byte) (*hpkeContext, error) {
	pskHash, err := labeledExtract(h.kdf, h.id, nil, "psk_id_hash", nil)
	if err != nil {
		return nil, err
	}
	infoHash, err := labeledExtract(h.kdf, h.id, nil, "info_hash", info)
	if err != nil {
		return nil, err
	}
	context := slices.Concat([]byte{0}, pskHash, infoHash)
	prk, err := labeledExtract(h.kdf, h.id, secret, "secret", nil)
	if err != nil {
		return nil, err
	}
	key, err := labeledExpand(h.kdf, h.id, prk, "key", context, h.nk)
	if err != nil {
		return nil, err
	}
	c := &hpkeContext{hpke: h}
	if c.aead, err = h.aead(key); err != nil {
		return nil, err
	}
	if c.nonce, err = labeledExpand(h.kdf, h.id, prk, "base_nonce", context, nonceSize); err != nil {
		return nil, err
	}
	c.exporter, err = labeledExpand(h.kdf, h.id, prk, "exp", context, h.nh)
	return c, err
}

// A hpkeContext is either side's context (RFC 9180, Section 5.2).
type hpkeContext struct {
	hpke     smallHPKE
	aead     cipher.AEAD
	nonce    []byte
	exporter []byte
	seq      uint64
}

// next returns the nonce of the next message.
func (c *hpkeContext) next() ([]byte, error) {
	if c.seq == math.MaxUint64 {
		return nil, errors.New("suite: too many messages of one context")
	}
	nonce := slices.Clone(c.nonce)
	for i := range 8 {
		nonce[nonceSize-1-i] ^= byte(c.seq >> (8 * i))
	}
	return nonce, nil
}

func (c *hpkeContext) Seal(aad, plaintext []byte) ([]byte, error) {
	nonce, err := c.next()
	if err != nil {
		return nil, err
	}
	c.seq++
	return c.aead.Seal(nil, nonce, plaintext, aad), nil
}

func (c *hpkeContext) Open(aad, ciphertext []byte) ([]byte, error) {
	nonce, err := c.next()
	if err != nil {
		return nil, err
	}
	plaintext, err := c.aead.Open(nil, nonce, ciphertext, aad)
	if err == nil {
		c.seq++
	}
	return plaintext, err
}

func (c *hpkeContext) Export(exporterContext string, length int) ([]byte, error) {
	return labeledExpand(c.hpke.kdf, c.hpke.id, c.exporter, "sec", []byte(exporterContext), length)
}

// labeledExtract is the function of RFC 9180, Section 4.
func labeledExtract(h func() hash.Hash, id, salt []byte, label string, ikm []byte) ([]byte, error) {
	return hkdf.Extract(h, slices.Concat([]byte("HPKE-v1"), id, []byte(label), ikm), salt)
}

// labeledExpand is the function of RFC 9180, Section 4.
func labeledExpand(h func() hash.Hash, id, prk []byte, label string, info []byte, n int) ([]byte, error) {
	if n < 0 || n > math.MaxUint16 {
		return nil, errors.New("suite: length of an export")
	}
	full := binary.BigEndian.AppendUint16(nil, uint16(n))
	return hkdf.Expand(h, prk, string(slices.Concat(full, []byte("HPKE-v1"), id, []byte(label), info)), n)
}

// smallOrderU are the u coordinates of X25519 that give the all-zero secret with
// every key: 0, 1, the two of order eight, -1, and p and p+1, which are 0 and 1
// again. X25519 masks the highest bit. Encryption to such a key fails
// (RFC 9180, Section 7.1.4): a member that had one would keep all from committing
// with a path, so that it is refused at the door.
var smallOrderU = [7][32]byte{
	{},
	{0: 1},
	point("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
	point("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
	point("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	point("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
	point("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
}

func smallOrderX25519(pub []byte) bool {
	u := [32]byte(pub)
	u[31] &= 0x7f
	return slices.Contains(smallOrderU[:], u)
}

// point decodes a constant of 32 bytes.
func point(s string) (p [32]byte) {
	if n, err := hex.Decode(p[:], []byte(s)); err != nil || n != len(p) {
		panic("suite: bad point")
	}
	return p
}

// dhX25519 is DHKEM(X25519, HKDF-SHA256) (RFC 9180, Section 4.1).
type dhX25519 struct{}

func (dhX25519) id() uint16   { return kemX25519 }
func (dhX25519) encSize() int { return 32 }

// dhID is its id in labels.
var dhID = []byte{'K', 'E', 'M', kemX25519 >> 8, kemX25519 & 0xff}

func (k dhX25519) encapsulate(pub []byte) (secret, enc []byte, err error) {
	pk, err := ecdh.X25519().NewPublicKey(pub)
	if err != nil {
		return nil, nil, err
	}
	ephemeral, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	dh, err := ephemeral.ECDH(pk) // refuses the all-zero secret
	if err != nil {
		return nil, nil, err
	}
	enc = ephemeral.PublicKey().Bytes()
	secret, err = k.secret(dh, enc, pub)
	return secret, enc, err
}

func (k dhX25519) decapsulate(priv, enc []byte) ([]byte, error) {
	sk, err := ecdh.X25519().NewPrivateKey(priv)
	if err != nil {
		return nil, err
	}
	pk, err := ecdh.X25519().NewPublicKey(enc)
	if err != nil {
		return nil, err
	}
	dh, err := sk.ECDH(pk)
	if err != nil {
		return nil, err
	}
	return k.secret(dh, enc, sk.PublicKey().Bytes())
}

// secret is ExtractAndExpand.
func (dhX25519) secret(dh, enc, pub []byte) ([]byte, error) {
	prk, err := labeledExtract(newSHA256, dhID, nil, "eae_prk", dh)
	if err != nil {
		return nil, err
	}
	return labeledExpand(newSHA256, dhID, prk, "shared_secret", slices.Concat(enc, pub), 32)
}

// derive is DeriveKeyPair (RFC 9180, Section 7.1.3); the key is clamped as
// SerializePrivateKey has it.
func (dhX25519) derive(ikm []byte) ([]byte, error) {
	prk, err := labeledExtract(newSHA256, dhID, nil, "dkp_prk", ikm)
	if err != nil {
		return nil, err
	}
	sk, err := labeledExpand(newSHA256, dhID, prk, "sk", nil, 32)
	if err != nil {
		return nil, err
	}
	sk[0] &= 248
	sk[31] = sk[31]&127 | 64
	return sk, nil
}

func (dhX25519) public(priv []byte) ([]byte, error) {
	sk, err := ecdh.X25519().NewPrivateKey(priv)
	if err != nil {
		return nil, err
	}
	return sk.PublicKey().Bytes(), nil
}

func (dhX25519) check(pub []byte) error {
	_, err := ecdh.X25519().NewPublicKey(pub)
	return err
}
