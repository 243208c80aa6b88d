package franking

import (
	"parley/identity"
	"parley/internal/cbor"
)

// A KeyStatement says that a server signs its batches with Key from a time on. It
// is signed by the key before, so that only who had that one can name the next. The
// first key of a server signs for itself, with a Previous of zeros.
type KeyStatement struct {
	_           struct{} `cbor:",toarray"`
	Version     uint8    // 1
	Domain      string   // the server's
	Key         identity.PublicKey
	Previous    identity.PublicKey // zeros: Key is the first
	NotBeforeMS int64              // Unix milliseconds: Key signs nothing that was accepted before
	Signature   []byte             // 64 bytes, by Previous; by Key where that is zeros
}

const useKey = "franking-key"

// Overlap is how long, in milliseconds, a key is still good after its successor has
// begun, and how long before its time a successor is: the nodes of a server learn of it one
// after the other.
const Overlap = 60 * 60 * 1000

// MaxKeys bounds how many keys a server has one after the other: it makes no more, and
// a client that is told of more believes none of them.
const MaxKeys = 256

// body is what is signed: s without its signature.
func (s KeyStatement) body() []byte {
	s.Signature = nil
	return cbor.MustMarshal(s)
}

// First returns the statement of a server's first key, by itself.
func First(domain string, key identity.PrivateKey) KeyStatement {
	s := KeyStatement{Version: Version, Domain: domain, Key: key.Public()}
	s.Signature = key.SignStatement(useKey, s.body())
	return s
}

// Succeed returns the statement by which previous names its successor.
func Succeed(domain string, previous identity.PrivateKey, key identity.PublicKey, notBeforeMS int64) KeyStatement {
	s := KeyStatement{Version: Version, Domain: domain, Key: key, Previous: previous.Public(), NotBeforeMS: notBeforeMS}
	s.Signature = previous.SignStatement(useKey, s.body())
	return s
}

// Marshal returns s as it travels.
func (s *KeyStatement) Marshal() []byte { return cbor.MustMarshal(s) }

// ParseKeyStatement is the inverse of [KeyStatement.Marshal]. It judges nothing but
// the form: ErrStatement.
func ParseKeyStatement(data []byte) (*KeyStatement, error) {
	var s KeyStatement
	if err := cbor.Unmarshal(data, &s); err != nil || s.Version != Version {
		return nil, ErrStatement
	}
	return &s, nil
}

// Check checks the signature and the domain: ErrStatement.
func (s *KeyStatement) Check(domain string) error {
	by := s.Previous
	if by == (identity.PublicKey{}) {
		by = s.Key
	}
	if s.Domain != domain || by.VerifyStatement(useKey, s.body(), s.Signature) != nil {
		return ErrStatement
	}
	return nil
}

// A Key is a public key with the time in which it signs.
type Key struct {
	Key     identity.PublicKey
	FromMS  int64 // 0: always
	UntilMS int64 // when its successor began; 0: it has none
}

// Good reports whether k may sign what was accepted at a time (Unix milliseconds).
func (k *Key) Good(acceptedMS int64) bool {
	return acceptedMS >= k.FromMS-Overlap && (k.UntilMS == 0 || acceptedMS < k.UntilMS+Overlap)
}

// Chain returns pinned and the keys that statements lead to from it, in order:
// each with its time. Statements of other chains don't matter, and those that lead to pinned
// aren't looked at. It returns ErrStatement where one that leads on
// doesn't check, and ErrFork where two do, or where it comes to a key again.
func Chain(domain string, pinned identity.PublicKey, statements []KeyStatement) ([]Key, error) {
	keys := []Key{{Key: pinned}}
	for {
		last := &keys[len(keys)-1]
		var next *KeyStatement
		for i := range statements {
			s := &statements[i]
			if s.Previous != last.Key || s.Previous == (identity.PublicKey{}) {
				continue
			}
			if s.Check(domain) != nil || s.NotBeforeMS < last.FromMS {
				return nil, ErrStatement
			}
			if next != nil && (next.Key != s.Key || next.NotBeforeMS != s.NotBeforeMS) || has(keys, s.Key) {
				return nil, ErrFork
			}
			next = s
		}
		if next == nil {
			return keys, nil
		}
		last.UntilMS = next.NotBeforeMS
		keys = append(keys, Key{Key: next.Key, FromMS: next.NotBeforeMS})
	}
}

func has(keys []Key, key identity.PublicKey) bool {
	for i := range keys {
		if keys[i].Key == key {
			return true
		}
	}
	return false
}
