package suite

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
)

// maxShort is the longest info, in bytes, that expandOne hashes without memory of
// its own: it holds every one of a message.
const maxShort = 126

// expandOne returns the first n bytes, at most HashSize, of KDF.Expand: of the
// HMAC (RFC 2104) of info and the byte 1. A message needs five of them, so that
// short ones go without the states that crypto/hmac allocates.
func (s *Suite) expandOne(secret Secret, info []byte, n int) Secret {
	block := s.block()
	if len(secret) > block || len(info) > maxShort {
		m := hmac.New(s.hash, secret)
		m.Write(bytes.Clone(info)) // or the caller's would be on the heap every time
		m.Write([]byte{1})
		return m.Sum(nil)[:n:n]
	}
	var buf [sha512.BlockSize + maxShort + 1]byte
	var sum [sha512.Size]byte
	defer clear(buf[:])
	defer clear(sum[:])
	pad(buf[:block], secret, &inner)
	end := block + copy(buf[block:], info)
	buf[end] = 1
	s.sum(sum[:s.nh], buf[:end+1])
	pad(buf[:block], secret, &outer)
	end = block + copy(buf[block:], sum[:s.nh])
	s.sum(sum[:s.nh], buf[:end])
	return Secret(bytes.Clone(sum[:n]))
}

// block returns the bytes of a block of the hash.
func (s *Suite) block() int {
	if s.nh == sha256.Size {
		return sha256.BlockSize
	}
	return sha512.BlockSize
}

// Pads of HMAC, for the longest block.
var (
	inner = [sha512.BlockSize]byte(bytes.Repeat([]byte{0x36}, sha512.BlockSize))
	outer = [sha512.BlockSize]byte(bytes.Repeat([]byte{0x5c}, sha512.BlockSize))
)

// pad fills block with secret, extended by zeros, xor with.
func pad(block, secret []byte, with *[sha512.BlockSize]byte) {
	n := subtle.XORBytes(block, secret, with[:])
	copy(block[n:], with[n:])
}

// sum hashes b into out, HashSize bytes. The hashes are those that [New] knows.
func (s *Suite) sum(out, b []byte) {
	switch s.nh {
	case sha256.Size:
		h := sha256.Sum256(b)
		copy(out, h[:])
	case sha512.Size384:
		h := sha512.Sum384(b)
		copy(out, h[:])
	default:
		h := sha512.Sum512(b)
		copy(out, h[:])
	}
}
