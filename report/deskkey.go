package report

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"parley/identity"
	"parley/internal/cbor"
	"parley/mls/public"
)

// useDeskKey names the signatures of desks' keys.
const useDeskKey = "desk-key"

// A DeskKey is the key to which reports of a domain are sealed. It is exchanged
// often; what stays is SignKey, which clients pin when they first see it.
type DeskKey struct {
	_          struct{}           `cbor:",toarray"`
	Version    uint64             // 1
	Domain     string             // of the platform
	Suite      public.CipherSuite // whose HPKE seals: X-Wing's
	KEMKey     []byte             // its public key
	SignKey    identity.PublicKey // the desk's own, Ed25519
	Previous   []byte             // the SignKey before this one, where it was exchanged; else empty
	NotAfterMS uint64             // Unix milliseconds: nothing is sealed to it later
}

// ID names the key: the first 8 bytes of SHA-256 of KEMKey.
func (k *DeskKey) ID() []byte {
	sum := sha256.Sum256(k.KEMKey)
	return sum[:8]
}

// signedDeskKey is a DeskKey as it is published.
type signedDeskKey struct {
	_                 struct{} `cbor:",toarray"`
	Body              []byte   // deterministic CBOR of a DeskKey
	Signature         []byte   // by its SignKey
	PreviousSignature []byte   // by its Previous, where there is one
}

// Sign returns the statement that publishes k: what the server hands out as its
// Info.Desk. key is that of k.SignKey; previous that of k.Previous, and nil if
// there is none.
func (k *DeskKey) Sign(key identity.PrivateKey, previous *identity.PrivateKey) []byte {
	s := signedDeskKey{Body: cbor.MustMarshal(k)}
	s.Signature = key.SignStatement(useDeskKey, s.Body)
	if previous != nil {
		s.PreviousSignature = previous.SignStatement(useDeskKey, s.Body)
	}
	return cbor.MustMarshal(s)
}

// maxStatement bounds a signedDeskKey, in bytes.
const maxStatement = 8 << 10

// ParseDeskKey reads and checks a statement that a server of domain handed out at
// nowMS. pinned is the SignKey that the caller has seen of domain before, nil at
// first sight; whoever gets a key pins its SignKey.
//
// It returns ErrDeskKey, ErrDeskExpired, and ErrDeskChanged for a SignKey that is
// neither the pinned one nor vouched for by it.
func ParseDeskKey(statement []byte, domain string, pinned *identity.PublicKey, nowMS int64) (*DeskKey, error) {
	var s signedDeskKey
	var k DeskKey
	if len(statement) > maxStatement || cbor.Unmarshal(statement, &s) != nil || cbor.Unmarshal(s.Body, &k) != nil {
		return nil, fmt.Errorf("%w: encoding", ErrDeskKey)
	}
	if k.Version != version || k.Domain != domain || len(k.KEMKey) == 0 {
		return nil, fmt.Errorf("%w: version or domain", ErrDeskKey)
	}
	if k.SignKey.VerifyStatement(useDeskKey, s.Body, s.Signature) != nil {
		return nil, fmt.Errorf("%w: signature", ErrDeskKey)
	}
	if pinned != nil && k.SignKey != *pinned {
		if !bytes.Equal(k.Previous, pinned[:]) || pinned.VerifyStatement(useDeskKey, s.Body, s.PreviousSignature) != nil {
			return nil, ErrDeskChanged
		}
	}
	if nowMS < 0 || uint64(nowMS) > k.NotAfterMS {
		return nil, ErrDeskExpired
	}
	return &k, nil
}
