package suite

import (
	"crypto/sha512"
	"encoding"
	"hash"
)

// A Derivation expands one secret into several values (RFC 9420, Section 8), with
// less work than [Suite.ExpandWithLabel] for each. It keeps the secret until
// [Derivation.End], which must follow. It is not safe for concurrent use.
type Derivation struct {
	suite  *Suite
	secret Secret
	keyed  *keyed // nil if the secret is longer than a block
}

// Derive begins a Derivation. secret is its owner's to erase.
func (s *Suite) Derive(secret Secret) Derivation {
	d := Derivation{suite: s, secret: secret}
	if len(secret) <= s.block() {
		d.keyed, _ = s.keyed.Get().(*keyed)
		if d.keyed == nil {
			d.keyed = &keyed{hash: s.hash()}
		}
		d.keyed.key(secret)
	}
	return d
}

// ExpandWithLabel is [Suite.ExpandWithLabel] of the secret.
func (d Derivation) ExpandWithLabel(label string, context []byte, n int) Secret {
	if d.keyed == nil || n > d.suite.nh {
		return d.suite.ExpandWithLabel(d.secret, label, context, n)
	}
	return d.keyed.expand(appendInfo(d.keyed.info[:0], label, context, n), n)
}

// End erases what the Derivation keeps. It must not be used afterwards.
func (d Derivation) End() {
	if d.keyed != nil {
		d.keyed.erase()
		d.suite.keyed.Put(d.keyed)
	}
}

// keyed is an HMAC (RFC 2104) whose pads are hashed once for several messages: the
// states of the hash after each are saved and restored.
type keyed struct {
	hash         hash.Hash
	inner, outer []byte // saved states
	info, sum    []byte
	block        [sha512.BlockSize]byte
}

func (k *keyed) key(secret Secret) {
	block := k.block[:k.hash.BlockSize()]
	pad(block, secret, &inner)
	k.inner = k.state(k.inner[:0], block)
	pad(block, secret, &outer)
	k.outer = k.state(k.outer[:0], block)
}

// state appends the state after block to b.
func (k *keyed) state(b, block []byte) []byte {
	k.hash.Reset()
	k.hash.Write(block)
	b, err := k.hash.(encoding.BinaryAppender).AppendBinary(b)
	if err != nil {
		panic("suite: hash state: " + err.Error()) // those of the standard library have one
	}
	return b
}

// expand returns n bytes of the HMAC of info and the byte 1, as expandOne does.
func (k *keyed) expand(info []byte, n int) Secret {
	k.info = append(info, 1)
	k.sum = k.after(k.inner, k.info)
	k.sum = k.after(k.outer, k.sum)
	out := make(Secret, n)
	copy(out, k.sum)
	return out
}

// after returns the hash of b after the saved state, in k.sum, which b may be.
func (k *keyed) after(state, b []byte) []byte {
	if err := k.hash.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		panic("suite: hash state: " + err.Error())
	}
	k.hash.Write(b)
	return k.hash.Sum(k.sum[:0])
}

func (k *keyed) erase() {
	clear(k.inner)
	clear(k.outer)
	clear(k.sum)
	clear(k.info)
	clear(k.block[:])
	k.hash.Reset()
}
