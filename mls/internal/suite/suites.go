package suite

import (
	"crypto/aes"
	"crypto/cipher"

	"golang.org/x/crypto/chacha20poly1305"
)

// Numbers of the suites of RFC 9420, Section 17.1.
const (
	X25519AES128   ID = 0x0001 // MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519
	P256AES128     ID = 0x0002 // MLS_128_DHKEMP256_AES128GCM_SHA256_P256
	X25519ChaCha20 ID = 0x0003 // MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519
	X448AES256     ID = 0x0004 // MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448
	P521AES256     ID = 0x0005 // MLS_256_DHKEMP521_AES256GCM_SHA512_P521
	X448ChaCha20   ID = 0x0006 // MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448
	P384AES256     ID = 0x0007 // MLS_256_DHKEMP384_AES256GCM_SHA384_P384
)

// aeadOf returns the AEAD of a number of RFC 9180, Section 7.3, and the bytes of its
// key; nil where RFC 9420 has none of it.
func aeadOf(id uint16) (newAEAD func(key []byte) (cipher.AEAD, error), nk int) {
	switch id {
	case aeadAES128:
		return newGCM, 16
	case aeadAES256:
		return newGCM, 32
	case aeadChaCha20:
		return chacha20poly1305.New, chacha20poly1305.KeySize
	}
	return nil, 0
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
