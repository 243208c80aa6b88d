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

// expandOne returns the first block of KDF.Expand, HashSize bytes: the HMAC
// (RFC 2104) of info and the byte 1. A message needs five of them, so that short
// ones go without the states that crypto/hmac allocates.
func (s *Suite) expandOne(secret Secret, info []byte) Secret {
	block := sha512.BlockSize
	if s.nh == sha256.Size {
		block = sha256.BlockSize
	}
	if len(secret) > block || len(info) > maxShort {
		m := hmac.New(s.hash, secret)
		m.Write(bytes.Clone(info)) // or the caller's would be on the heap every time
		m.Write([]byte{1})
		return m.Sum(nil)
	}
	var buf [sha512.BlockSize + maxShort + 1]byte
	defer clear(buf[:])
	pad(buf[:block], secret, 0x36)
	n := copy(buf[block:], info)
	buf[block+n] = 1
	out := make(Secret, s.nh)
	s.sum(out, buf[:block+n+1])
	pad(buf[:block], secret, 0x5c)
	n = copy(buf[block:], out)
	s.sum(out, buf[:block+n])
	return out
}

// pad fills block with secret, extended by zeros, xor value.
func pad(block, secret []byte, value byte) {
	for i := range block {
		block[i] = value
	}
	subtle.XORBytes(block, block, secret)
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
