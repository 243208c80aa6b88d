package media

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"hash"
	"io"
)

// Open writes the plaintext of the blob src to dst, and checks everything that is
// said of it: sizes, commitment, each chunk before it is written, padding, and at
// the end both hashes. src must end where the blob ends.
//
// Until Open returns nil, what was written isn't known to be what the sender named:
// a file is kept under a name of its own until then. Errors: ErrSize, ErrCommitment,
// ErrChunk, ErrPadding, ErrHash; those of src and dst come as they are.
func Open(dst io.Writer, src io.Reader, want Sealed) error {
	if err := want.Check(); err != nil {
		return err
	}
	whole, plain := sha256.New(), sha256.New()
	src = io.TeeReader(src, whole)
	var head [HeadSize]byte
	if err := readFull(src, head[:]); err != nil {
		return err
	}
	box, err := unlock(want.Key, &head)
	if err != nil {
		return err
	}
	if err := box.openAll(&trimmed{dst: dst, left: want.Size, hash: plain}, src, want.SealedSize-HeadSize); err != nil {
		return err
	}
	if err := atEnd(src); err != nil {
		return err
	}
	if !bytes.Equal(whole.Sum(nil), want.Blob[:]) || !bytes.Equal(plain.Sum(nil), want.Hash[:]) {
		return ErrHash
	}
	return nil
}

// unlock checks the head of a blob against a key.
func unlock(key Key, head *[HeadSize]byte) (*box, error) {
	box, commitment, err := derive(key, (*[SaltSize]byte)(head[:SaltSize]))
	if err != nil {
		return nil, err
	}
	if subtle.ConstantTimeCompare(commitment[:], head[SaltSize:]) != 1 {
		return nil, ErrCommitment
	}
	return box, nil
}

// openAll opens the chunks that size bytes of src hold. The size is that of a blob's
// chunks: the last one is shorter than the others.
func (b *box) openAll(dst io.Writer, src io.Reader, size int64) error {
	in := make([]byte, min(batch*sealedChunk, size))
	out := make([]byte, 0, batch*ChunkSize)
	for chunk := int64(0); size > 0; {
		part := in[:min(int64(len(in)), size)]
		if err := readFull(src, part); err != nil {
			return err
		}
		size -= int64(len(part))
		out = out[:0]
		for len(part) > 0 {
			n := min(len(part), sealedChunk)
			opened, err := b.open(out, part[:n], chunk)
			if err != nil {
				return err
			}
			out, part = opened, part[n:]
			chunk++
		}
		if _, err := dst.Write(out); err != nil {
			return err
		}
	}
	return nil
}

// readFull fills p; a source that ends before is of the wrong size.
func readFull(src io.Reader, p []byte) error {
	_, err := io.ReadFull(src, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrSize
	}
	return err
}

// trimmed writes the first left bytes, and wants zeros after them.
type trimmed struct {
	dst  io.Writer
	left int64
	hash hash.Hash
}

// Write implements [io.Writer].
func (t *trimmed) Write(p []byte) (int, error) {
	n := min(int64(len(p)), t.left)
	if !allZero(p[n:]) {
		return 0, ErrPadding
	}
	t.left -= n
	t.hash.Write(p[:n])
	if n > 0 {
		if _, err := t.dst.Write(p[:n]); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

func allZero(p []byte) bool {
	var or byte
	for _, b := range p {
		or |= b
	}
	return or == 0
}
