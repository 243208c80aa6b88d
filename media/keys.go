package media

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha512"
	"encoding/binary"
)

// aeadName is the cipher's name in the IANA registry of AEAD algorithms.
const aeadName = "AEAD_AES_256_GCM"

// A box seals and opens the chunks of one blob. It is safe for concurrent use.
type box struct {
	aead cipher.AEAD
	base [nonceSize]byte
}

// derive returns the box of a key and a salt, and what the blob commits to
// (chunked-encryption, Section "Key derivation").
func derive(key Key, salt *[SaltSize]byte) (*box, [commitmentSize]byte, error) {
	var commitment [commitmentSize]byte
	info := "c2sp.org/chunked-encryption@v1+" + aeadName + "\x00" + string(salt[:]) + Context
	out, err := hkdf.Expand(sha512.New, key[:], info, KeySize+nonceSize+commitmentSize)
	if err != nil {
		return nil, commitment, err
	}
	block, err := aes.NewCipher(out[:KeySize])
	if err != nil {
		return nil, commitment, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, commitment, err
	}
	b := &box{aead: aead}
	copy(b.base[:], out[KeySize:])
	copy(commitment[:], out[KeySize+nonceSize:])
	return b, commitment, nil
}

// nonce is the base with the chunk's number in it (chunked-encryption, Section
// "AEAD usage").
func (b *box) nonce(chunk int64) [nonceSize]byte {
	n := b.base
	low := n[nonceSize-8:]
	binary.BigEndian.PutUint64(low, binary.BigEndian.Uint64(low)^uint64(chunk))
	return n
}

// seal appends the sealed chunk to dst.
func (b *box) seal(dst, plain []byte, chunk int64) []byte {
	n := b.nonce(chunk)
	return b.aead.Seal(dst, n[:], plain, nil)
}

// open appends the chunk to dst, or returns ErrChunk.
func (b *box) open(dst, sealed []byte, chunk int64) ([]byte, error) {
	n := b.nonce(chunk)
	out, err := b.aead.Open(dst, n[:], sealed, nil)
	if err != nil {
		return nil, ErrChunk
	}
	return out, nil
}
