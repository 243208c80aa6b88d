// Package media seals attachments: C2SP chunked-encryption with AES-256-GCM and
// SHA-512 (its instantiation Cobblestone-256), over a plaintext that is padded
// so that its length says little. docs/spec/chunked-encryption.md has what is
// ours in it.
//
// A blob is what the server keeps:
//
//	salt        24 bytes, random
//	commitment  32 bytes: this blob opens under one key only
//	chunks      16,384 bytes each and a tag of 16, the last one shorter (perhaps empty)
//
// Byte i of the plaintext is in chunk i / 16,384, and chunk k begins at byte
// 56 + k * 16,400 of the blob: a video plays, and seeks, before it has arrived. Each
// chunk is checked before any of it is returned. Whether the whole is what the sender
// named is known when all of it was read: [Open] does that.
//
// The package is pure: it knows no file, no network and no message.
package media

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
)

// Sizes of the construction, in bytes.
const (
	KeySize   = 32       // of a Key
	ChunkSize = 16 << 10 // plaintext in a chunk; the last one has less
	TagSize   = 16       // that each chunk grows by
	SaltSize  = 24
	HeadSize  = SaltSize + commitmentSize // before the first chunk

	commitmentSize = 32
	nonceSize      = 12
	sealedChunk    = ChunkSize + TagSize
)

// Context is the specification's context: what the keys are for.
const Context = "parley/att/v1"

// MaxSize bounds a plaintext, in bytes: 2^32 chunks, the least bound that the
// specification suggests. Servers take far less.
const MaxSize = 1 << 46

// What is wrong with a blob, with what a message says of it, or with a source.
var (
	// ErrCommitment: the blob was sealed under another key, or its head was changed.
	ErrCommitment = errors.New("media: wrong key")
	// ErrChunk: a chunk isn't the one that was sealed in its place.
	ErrChunk = errors.New("media: a chunk doesn't check")
	// ErrSize: a size that can't be, or that isn't the one that was told.
	ErrSize = errors.New("media: wrong size")
	// ErrPadding: what follows the plaintext isn't zeros.
	ErrPadding = errors.New("media: wrong padding")
	// ErrHash: the whole isn't what was named, though each chunk checks.
	ErrHash = errors.New("media: wrong hash")
)

// A Key opens one blob. It is 32 uniformly random bytes, is made for one upload, and
// is never compared with ==: see [Key.Equal]. It prints as redacted.
type Key [KeySize]byte

// NewKey returns a fresh key.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k[:]) // never fails: it ends the program instead
	return k
}

// Equal compares in constant time.
func (k Key) Equal(other Key) bool { return subtle.ConstantTimeCompare(k[:], other[:]) == 1 }

// String says that there is a key, and not which.
func (k Key) String() string { return "media.Key(redacted)" }

// GoString is String, for %#v.
func (k Key) GoString() string { return k.String() }

// Sealed describes a blob: what a message says of it.
type Sealed struct {
	Key        Key
	Blob       [32]byte // SHA-256 of the blob: its name
	Size       int64    // bytes of the plaintext, without padding
	SealedSize int64    // bytes of the blob
	Hash       [32]byte // SHA-256 of the plaintext, without padding
}

// Check returns ErrSize unless the sizes belong to each other.
func (s Sealed) Check() error { return checkSizes(s.Size, s.SealedSize) }

func checkSizes(size, sealed int64) error {
	if size < 0 || size > MaxSize || SealedSize(size) != sealed {
		return ErrSize
	}
	return nil
}
