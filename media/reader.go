package media

import (
	"errors"
	"io"
	"sync"
)

// A Reader reads the plaintext of a blob from anywhere in it, over a source that is
// the blob. What it returns was checked, chunk by chunk; whether the whole is what
// the sender named isn't: see [Open].
//
// ReadAt may be called concurrently, if src allows it; Read and Seek may not.
type Reader struct {
	src    io.ReaderAt
	box    *box
	size   int64 // of the plaintext
	padded int64

	at  int64  // where Read goes on
	buf []byte // plaintext at off that Read has left over
	off int64
}

// NewReader reads the head of the blob src and checks that key opens it (else
// ErrCommitment), and that the sizes belong to each other (else ErrSize): size is of
// the plaintext, sealedSize of the blob. An error of src comes as it is.
func NewReader(src io.ReaderAt, key Key, size, sealedSize int64) (*Reader, error) {
	if err := checkSizes(size, sealedSize); err != nil {
		return nil, err
	}
	var head [HeadSize]byte
	if err := readAt(src, head[:], 0); err != nil {
		return nil, err
	}
	box, err := unlock(key, &head)
	if err != nil {
		return nil, err
	}
	return &Reader{src: src, box: box, size: size, padded: PaddedSize(size)}, nil
}

// Size returns the bytes of the plaintext.
func (r *Reader) Size() int64 { return r.size }

// sealedBuffers hold the chunks that are read together.
var sealedBuffers = sync.Pool{New: func() any { return new([batch * sealedChunk]byte) }}

// ReadAt is io.ReaderAt's. What is in p beyond the returned count means nothing.
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		return 0, ErrSize
	}
	want := min(int64(len(p)), max(r.size-off, 0))
	buf := sealedBuffers.Get().(*[batch * sealedChunk]byte)
	defer sealedBuffers.Put(buf)
	done := int64(0)
	for done < want {
		n, err := r.readSome(p[done:want], off+done, buf[:])
		done += int64(n)
		if err != nil {
			return int(done), err
		}
	}
	if done < int64(len(p)) {
		return int(done), io.EOF
	}
	return int(done), nil
}

// readSome reads into p what one reading of the source into buf gives: at most batch
// chunks. p isn't empty, and ends within the plaintext.
func (r *Reader) readSome(p []byte, off int64, buf []byte) (int, error) {
	first := off / ChunkSize
	last := min((off+int64(len(p))-1)/ChunkSize, first+batch-1)
	sealed := buf[:min(chunkAt(last+1), chunkAt(0)+r.padded+(r.padded/ChunkSize+1)*TagSize)-chunkAt(first)]
	if err := readAt(r.src, sealed, chunkAt(first)); err != nil {
		return 0, err
	}
	done := 0
	for chunk := first; chunk <= last; chunk++ {
		n := min(len(sealed), sealedChunk)
		got, err := r.openInto(p[done:], sealed[:n], chunk, off+int64(done)-chunk*ChunkSize)
		if err != nil {
			return done, err
		}
		done += got
		sealed = sealed[n:]
	}
	return done, nil
}

// openInto opens a chunk, and copies what there is from its byte skip on. Where p
// takes all of the chunk it is opened in place.
func (r *Reader) openInto(p, sealed []byte, chunk, skip int64) (int, error) {
	dst := p[:0]
	if n := len(sealed) - TagSize; skip > 0 || len(p) < n {
		dst = sealed[:0]
	}
	plain, err := r.box.open(dst, sealed, chunk)
	if err != nil {
		return 0, err
	}
	if end := r.size - chunk*ChunkSize; end < int64(len(plain)) {
		if !allZero(plain[end:]) {
			return 0, ErrPadding
		}
		plain = plain[:end]
	}
	return copy(p, plain[skip:]), nil
}

// Read is io.Reader's, from where the last Read or Seek came to. It reads some
// chunks ahead.
func (r *Reader) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if r.at >= r.size {
		return 0, io.EOF
	}
	if len(p) >= batch*ChunkSize && r.at%ChunkSize == 0 {
		n, err := r.ReadAt(p[:min(int64(len(p)), r.size-r.at)], r.at)
		r.at += int64(n)
		return n, err
	}
	if r.at < r.off || r.at >= r.off+int64(len(r.buf)) {
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.buf[r.at-r.off:])
	r.at += int64(n)
	return n, nil
}

// fill reads the chunks from where Read is into buf. What checks before a chunk that
// doesn't is kept.
func (r *Reader) fill() error {
	if r.buf == nil {
		r.buf = make([]byte, 0, batch*ChunkSize)
	}
	off := r.at / ChunkSize * ChunkSize
	n, err := r.ReadAt(r.buf[:min(int64(cap(r.buf)), r.size-off)], off)
	r.buf, r.off = r.buf[:n], off
	if r.at < off+int64(n) {
		return nil
	}
	return err
}

// Seek is io.Seeker's. A position beyond the end reads io.EOF.
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.size
	default:
		return 0, errors.New("media: unknown whence")
	}
	if offset < 0 {
		return 0, errors.New("media: position before the start")
	}
	r.at = offset
	return offset, nil
}

// readAt fills p; a source that ends before is of the wrong size.
func readAt(src io.ReaderAt, p []byte, off int64) error {
	n, err := src.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ErrSize
	}
	return err
}
