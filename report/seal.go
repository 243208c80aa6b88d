package report

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"

	"parley/internal/cbor"
	"parley/mls/public"
)

// A Kind says what is sealed: one can't be taken for the other.
type Kind string

// The kinds. Wire values of the operation that carries them.
const (
	KindReport Kind = "report"
	KindAppeal Kind = "appeal"
)

// sealed is what leaves the device.
type sealed struct {
	_          struct{} `cbor:",toarray"`
	Version    uint64   // 1
	Key        []byte   // DeskKey.ID
	KEMOutput  []byte
	Ciphertext []byte // of the padded body
}

// minBucket is the least size of a padded body; others are the powers of two
// above, and the greatest is all that fits.
const minBucket = 4 << 10

// Seal seals body, an encoded [Report] or [Appeal], to the desk's key. s must be
// the suite that key names. The length tells no more than a power of two.
//
// It is HPKE in base mode (RFC 9180, Section 5.1) with the label and the framing
// of RFC 9420, Section 5.1.3: info is EncryptContext("MLS 1.0 parley/KIND/v1", CBOR
// array of domain and key id).
func Seal(s *public.Suite, key *DeskKey, kind Kind, body []byte) ([]byte, error) {
	if s == nil || s.ID() != key.Suite {
		return nil, fmt.Errorf("%w: suite", ErrDeskKey)
	}
	if len(body) > MaxSize {
		return nil, ErrLimit
	}
	kem, ciphertext, err := s.EncryptWithLabel(key.KEMKey, label(kind), sealContext(key), padded(body))
	if err != nil {
		return nil, fmt.Errorf("%w: not a key of its suite", ErrDeskKey)
	}
	return cbor.MustMarshal(sealed{Version: version, Key: key.ID(), KEMOutput: kem, Ciphertext: ciphertext}), nil
}

// Open opens what Seal made: for the desk only. It returns ErrSealed if priv isn't
// the private key of key, or the bytes are of another kind, key or domain. The body
// is for [Decode] or [DecodeAppeal].
func Open(s *public.Suite, key *DeskKey, priv public.HPKEPrivateKey, kind Kind, data []byte) ([]byte, error) {
	var in sealed
	if len(data) > MaxSealed || cbor.Unmarshal(data, &in) != nil || in.Version != version {
		return nil, fmt.Errorf("%w: encoding", ErrSealed)
	}
	if s == nil || s.ID() != key.Suite || !bytes.Equal(in.Key, key.ID()) {
		return nil, fmt.Errorf("%w: another key", ErrSealed)
	}
	plain, err := s.DecryptWithLabel(priv, label(kind), sealContext(key), in.KEMOutput, in.Ciphertext)
	if err != nil {
		return nil, ErrSealed
	}
	return unpadded(plain)
}

// KeyOf returns the id of the key to which data was sealed, so that a desk with
// several finds it. It returns ErrSealed.
func KeyOf(data []byte) ([]byte, error) {
	var in sealed
	if len(data) > MaxSealed || cbor.Unmarshal(data, &in) != nil || in.Version != version {
		return nil, fmt.Errorf("%w: encoding", ErrSealed)
	}
	return in.Key, nil
}

func label(kind Kind) string { return "parley/" + string(kind) + "/v1" }

// sealContext binds a sealed body to whom it is for.
func sealContext(key *DeskKey) []byte {
	return cbor.MustMarshal(struct {
		_      struct{} `cbor:",toarray"`
		Domain string
		Key    []byte
	}{Domain: key.Domain, Key: key.ID()})
}

// padded returns body after its length (4 bytes), filled up with zeros.
func padded(body []byte) []byte {
	n := 4 + len(body)
	size := max(minBucket, 1<<bits.Len(uint(n-1)))
	if size > MaxSize {
		size = 4 + MaxSize
	}
	out := make([]byte, size)
	binary.BigEndian.PutUint32(out, uint32(len(body)))
	copy(out[4:], body)
	return out
}

func unpadded(plain []byte) ([]byte, error) {
	if len(plain) < 4 {
		return nil, fmt.Errorf("%w: padding", ErrSealed)
	}
	n := binary.BigEndian.Uint32(plain)
	if uint64(n) > uint64(len(plain)-4) {
		return nil, fmt.Errorf("%w: padding", ErrSealed)
	}
	for _, b := range plain[4+n:] {
		if b != 0 {
			return nil, fmt.Errorf("%w: padding", ErrSealed)
		}
	}
	return plain[4 : 4+n], nil
}
