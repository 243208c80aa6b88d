package media

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
)

// batch is how many chunks are read, hashed and written at once.
const batch = 16

// Seal writes the blob of the size bytes of src to dst, and describes it. It keeps
// no more than some chunks in memory.
//
// ErrSize: src has less or more than size bytes, or size is out of bounds; what
// was written then is to be thrown away. Errors of src and dst come as they are.
// key must not have sealed anything before.
func Seal(dst io.Writer, src io.Reader, size int64, key Key) (Sealed, error) {
	var salt [SaltSize]byte
	_, _ = rand.Read(salt[:])
	return seal(dst, src, size, key, &salt)
}

// seal is Seal with the salt as a parameter, for vectors.
func seal(dst io.Writer, src io.Reader, size int64, key Key, salt *[SaltSize]byte) (Sealed, error) {
	if size < 0 || size > MaxSize {
		return Sealed{}, ErrSize
	}
	box, commitment, err := derive(key, salt)
	if err != nil {
		return Sealed{}, err
	}
	whole, plain := sha256.New(), sha256.New()
	out := &sealer{box: box, dst: dst, whole: whole}
	if err := out.write(append(salt[:len(salt):len(salt)], commitment[:]...)); err != nil {
		return Sealed{}, err
	}
	if err := out.chunks(&padded{src: src, left: size, zeros: PaddedSize(size) - size, hash: plain}); err != nil {
		return Sealed{}, err
	}
	s := Sealed{Key: key, Size: size, SealedSize: SealedSize(size)}
	whole.Sum(s.Blob[:0])
	plain.Sum(s.Hash[:0])
	return s, nil
}

// A sealer writes the chunks of a blob.
type sealer struct {
	box   *box
	dst   io.Writer
	whole hash.Hash // nil: nobody wants it
}

// chunks seals what src gives until its end.
func (s *sealer) chunks(src io.Reader) error {
	in := make([]byte, batch*ChunkSize)
	out := make([]byte, 0, batch*sealedChunk)
	for chunk := int64(0); ; {
		n, err := io.ReadFull(src, in)
		last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		if err != nil && !last {
			return err
		}
		out = out[:0]
		rest := in[:n]
		for ; len(rest) >= ChunkSize; rest = rest[ChunkSize:] {
			out = s.box.seal(out, rest[:ChunkSize], chunk)
			chunk++
		}
		if last {
			out = s.box.seal(out, rest, chunk) // the short one that ends a message, perhaps empty
		}
		if err := s.write(out); err != nil || last {
			return err
		}
	}
}

func (s *sealer) write(p []byte) error {
	if s.whole != nil {
		s.whole.Write(p)
	}
	_, err := s.dst.Write(p)
	return err
}

// padded reads exactly left bytes of src, then zeros. Its Read doesn't return
// io.ErrUnexpectedEOF, which would pass for an end.
type padded struct {
	src         io.Reader
	left, zeros int64
	hash        hash.Hash // of what src gave; nil: nobody wants it
	ended       bool      // src was found to end where it should
}

// Read implements [io.Reader].
func (p *padded) Read(b []byte) (int, error) {
	if p.left > 0 {
		n, err := p.src.Read(b[:min(int64(len(b)), p.left)])
		p.left -= int64(n)
		if p.hash != nil {
			p.hash.Write(b[:n])
		}
		if p.left > 0 && (errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)) {
			return 0, ErrSize
		}
		if errors.Is(err, io.EOF) {
			err = nil
		}
		return n, err
	}
	if !p.ended {
		if err := atEnd(p.src); err != nil {
			return 0, err
		}
		p.ended = true
	}
	if p.zeros == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), p.zeros))
	clear(b[:n])
	p.zeros -= int64(n)
	return n, nil
}

// atEnd returns ErrSize if there is more in r.
func atEnd(r io.Reader) error {
	var more [1]byte
	switch _, err := io.ReadFull(r, more[:]); {
	case err == nil:
		return ErrSize
	case errors.Is(err, io.EOF):
		return nil
	default:
		return err
	}
}
