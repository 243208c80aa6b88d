package client_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"errors"
	"testing"

	"parley/franking"
)

// A gf is an element of GCM's field: the first bit of its first byte is the
// coefficient of 1 (NIST SP 800-38D, Section 6.3).
type gf [2]uint64

func gfOf(b []byte) gf { return gf{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])} }

func (x gf) bytes() []byte {
	return binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint64(nil, x[0]), x[1])
}

func (x gf) add(y gf) gf { return gf{x[0] ^ y[0], x[1] ^ y[1]} }

func (x gf) mul(y gf) (z gf) {
	for i := range 128 {
		if x[i/64]>>(63-i%64)&1 == 1 {
			z = z.add(y)
		}
		odd := y[1]&1 == 1
		y = gf{y[0] >> 1, y[1]>>1 | y[0]<<63}
		if odd {
			y[0] ^= 0xe1 << 56
		}
	}
	return z
}

// inverse is x to the power of 2^128 - 2.
func (x gf) inverse() gf {
	out, square := gf{1 << 63}, x.mul(x)
	for range 127 {
		out, square = out.mul(square), square.mul(square)
	}
	return out
}

// A side is one of the two keys of a salamander.
type side struct {
	gcm    cipher.AEAD
	hash   gf // H
	mask   gf // of the tag
	stream []byte
}

func sideOf(t *testing.T, key, nonce []byte, size int) side {
	t.Helper()
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	s := side{stream: make([]byte, size)}
	if s.gcm, err = cipher.NewGCM(block); err != nil {
		t.Fatal(err)
	}
	var b [16]byte
	block.Encrypt(b[:], b[:])
	s.hash = gfOf(b[:])
	counter := append(bytes.Clone(nonce), 0, 0, 0, 1)
	block.Encrypt(b[:], counter)
	s.mask = gfOf(b[:])
	counter[15] = 2
	cipher.NewCTR(block, counter).XORKeyStream(s.stream, s.stream)
	return s
}

// fold is GHASH of blocks before the last one, which is still to come.
func (s *side) fold(blocks []byte) (a gf) {
	for ; len(blocks) > 0; blocks = blocks[16:] {
		a = a.add(gfOf(blocks)).mul(s.hash)
	}
	return a
}

// An invisible salamander (Dodis, Grubbs, Ristenpart, Woodage 2018): one AES-GCM
// ciphertext, with one tag of GCM's, that opens under two keys to two texts, so that
// who reports the one would show the other. GCM doesn't commit; the franking tag does.
// It is of the text and not of the ciphertext: whichever reading it is made for, the
// other isn't shown.
func TestInvisibleSalamander(t *testing.T) {
	nonce, keys := make([]byte, 12), [][]byte{bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 32)}
	salt := bytes.Repeat([]byte{3}, 16)
	harmless, threat := []byte("let us meet at noon, and be glad"), []byte("nobody will ever hear of you now")
	size := len(harmless) + len(threat) + 16
	one, two := sideOf(t, keys[0], nonce, size), sideOf(t, keys[1], nonce, size)

	var c []byte // the first half says the one under the first key, the second the other
	for i, b := range harmless {
		c = append(c, b^one.stream[i])
	}
	for i, b := range threat {
		c = append(c, b^two.stream[len(harmless)+i])
	}
	// (A + last)·H² + length·H + mask is to be the same on both sides.
	length := gf{0, uint64(size) * 8}
	s1, s2 := one.hash.mul(one.hash), two.hash.mul(two.hash)
	right := one.fold(c).mul(s1).add(two.fold(c).mul(s2)).add(length.mul(one.hash.add(two.hash))).add(one.mask).add(two.mask)
	last := right.mul(s1.add(s2).inverse())
	check := one.fold(c).add(last).mul(s1).add(length.mul(one.hash)).add(one.mask)
	sealed := append(append(c, last.bytes()...), check.bytes()...)

	var readings [][]byte
	for _, s := range []side{one, two} {
		text, err := s.gcm.Open(nil, nonce, sealed, nil)
		if err != nil {
			t.Fatalf("the attack itself doesn't work: %v", err)
		}
		readings = append(readings, text)
	}
	if !bytes.HasPrefix(readings[0], harmless) || !bytes.Contains(readings[1], threat) {
		t.Fatalf("the readings are %q", readings)
	}
	for i, text := range readings {
		tag, other := franking.Tag(salt, text), readings[1-i]
		if err := franking.CheckTag(tag[:], salt, text); err != nil {
			t.Errorf("reading %d: %v", i, err)
		}
		if err := franking.CheckTag(tag[:], salt, other); !errors.Is(err, franking.ErrTag) {
			t.Errorf("the tag of reading %d is that of the other: %v", i, err)
		}
	}
}
