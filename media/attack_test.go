package media

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
)

// An attack changes a blob, or what is said of it.
type attack struct {
	name string
	do   func(blob []byte, s *Sealed) []byte
	want error
}

// at returns chunk k of a blob.
func at(blob []byte, k int64) []byte { return blob[chunkAt(k):min(chunkAt(k+1), int64(len(blob)))] }

var attacks = []attack{
	{"a flipped bit of a chunk", func(b []byte, _ *Sealed) []byte { at(b, 2)[5] ^= 1; return b }, ErrChunk},
	{"a flipped bit of a tag", func(b []byte, _ *Sealed) []byte { at(b, 2)[ChunkSize] ^= 1; return b }, ErrChunk},
	{"a flipped bit of the last tag", func(b []byte, _ *Sealed) []byte { b[len(b)-1] ^= 1; return b }, ErrChunk},
	{"a flipped bit of the salt", func(b []byte, _ *Sealed) []byte { b[0] ^= 1; return b }, ErrCommitment},
	{"a flipped bit of the commitment", func(b []byte, _ *Sealed) []byte { b[HeadSize-1] ^= 1; return b }, ErrCommitment},
	{"swapped chunks", func(b []byte, _ *Sealed) []byte {
		first := slices.Clone(at(b, 0))
		copy(at(b, 0), at(b, 1))
		copy(at(b, 1), first)
		return b
	}, ErrChunk},
	{"a chunk twice", func(b []byte, _ *Sealed) []byte { copy(at(b, 1), at(b, 0)); return b }, ErrChunk},
	{"a chunk left out", func(b []byte, _ *Sealed) []byte {
		return slices.Delete(b, int(chunkAt(1)), int(chunkAt(2)))
	}, nil},
	{"a chunk cut off", func(b []byte, _ *Sealed) []byte { return b[:chunkAt(3)] }, ErrSize},
	{"a byte cut off", func(b []byte, _ *Sealed) []byte { return b[:len(b)-1] }, ErrSize},
	{"only the head", func(b []byte, _ *Sealed) []byte { return b[:HeadSize] }, ErrSize},
	{"nothing", func([]byte, *Sealed) []byte { return nil }, ErrSize},
	{"a byte more", func(b []byte, _ *Sealed) []byte { return append(b, 0) }, ErrSize},
	{"a chunk more", func(b []byte, _ *Sealed) []byte { return append(b, at(b, 0)...) }, ErrSize},
	{"another key", func(b []byte, s *Sealed) []byte { s.Key = NewKey(); return b }, ErrCommitment},
	{"a smaller size, without its blob's", func(b []byte, s *Sealed) []byte { s.Size = 5; return b }, ErrSize},
	{"a smaller size, with its blob's", func(b []byte, s *Sealed) []byte { s.Size, s.SealedSize = 5, SealedSize(5); return b }, nil},
	{"a larger size, with its blob's", func(b []byte, s *Sealed) []byte { s.Size, s.SealedSize = 1e6, SealedSize(1e6); return b }, nil},
	{"a negative size", func(b []byte, s *Sealed) []byte { s.Size = -1; return b }, ErrSize},
	{"a size without bounds", func(b []byte, s *Sealed) []byte { s.Size, s.SealedSize = 1<<62, 1<<62; return b }, ErrSize},
	{"another blob's name", func(b []byte, s *Sealed) []byte { s.Blob[0] ^= 1; return b }, ErrHash},
	{"another plaintext's hash", func(b []byte, s *Sealed) []byte { s.Hash[0] ^= 1; return b }, ErrHash},
}

// Each attack is refused, and of the chunk that it is in nothing is written.
func TestAttacks(t *testing.T) {
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			blob, plain, s := sealPattern(t, 3*ChunkSize+5000)
			blob = a.do(blob, &s)
			var out bytes.Buffer
			err := Open(&out, bytes.NewReader(blob), s)
			if err == nil || (a.want != nil && !errors.Is(err, a.want)) {
				t.Errorf("Open: got %v, want %v", err, a.want)
			}
			if !bytes.HasPrefix(plain, out.Bytes()) {
				t.Error("Open wrote what wasn't sealed")
			}
			readAttacked(t, blob, plain, s)
		})
	}
}

// readAttacked reads an attacked blob in all ways: what comes is what was sealed.
func readAttacked(t *testing.T, blob, plain []byte, s Sealed) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(blob), s.Key, s.Size, s.SealedSize)
	if err != nil {
		return
	}
	for _, n := range []int{5000, ChunkSize, 3 * ChunkSize, len(plain)} {
		for off := 0; off < len(plain); off += n {
			p := bytes.Repeat([]byte{0xaa}, n)
			got, _ := r.ReadAt(p, int64(off))
			if !bytes.Equal(p[:got], plain[off:min(off+got, len(plain))]) {
				t.Fatalf("ReadAt(%d, %d) returned what wasn't sealed", n, off)
			}
			for _, b := range p[got:] {
				if b != 0xaa && b != 0 {
					t.Fatalf("ReadAt(%d, %d) left something behind the %d bytes that it returned", n, off, got)
				}
			}
		}
	}
}

// A flipped chunk gives nothing, and what stands before it is still read.
func TestReaderStopsAtBadChunk(t *testing.T) {
	blob, plain, s := sealPattern(t, 5*ChunkSize)
	at(blob, 3)[0] ^= 1
	r, err := NewReader(bytes.NewReader(blob), s.Key, s.Size, s.SealedSize)
	if err != nil {
		t.Fatal(err)
	}
	p := make([]byte, len(plain))
	n, err := r.ReadAt(p, 0)
	if n != 3*ChunkSize || !errors.Is(err, ErrChunk) || !bytes.Equal(p[:n], plain[:n]) {
		t.Errorf("got %d bytes, %v; want %d, %v", n, err, 3*ChunkSize, ErrChunk)
	}
	n, err = r.ReadAt(p[:10], 4*ChunkSize)
	if n != 10 || err != nil {
		t.Errorf("behind the bad chunk: %d, %v", n, err)
	}
}

// AES-GCM alone lets one ciphertext open under two keys (Dodis et al. 2018). Here a
// head of one key over whatever chunks isn't taken under another: the commitment is
// a hash of the key.
func TestOneBlobUnderTwoKeys(t *testing.T) {
	blob, _, s := sealPattern(t, 1000)
	other := NewKey()
	salt := (*[SaltSize]byte)(blob[:SaltSize])
	_, first, err := derive(s.Key, salt)
	if err != nil {
		t.Fatal(err)
	}
	forged, second, err := derive(other, salt)
	if err != nil {
		t.Fatal(err)
	}
	if first == second {
		t.Fatal("two keys have one commitment")
	}
	// The attacker has chunks that check under the other key, but only one head.
	mixed := append(slices.Clone(blob[:HeadSize]), forged.seal(nil, make([]byte, PaddedSize(1000)), 0)...)
	if _, err := NewReader(bytes.NewReader(mixed), other, 1000, s.SealedSize); !errors.Is(err, ErrCommitment) {
		t.Errorf("the other key: got %v, want %v", err, ErrCommitment)
	}
	r, err := NewReader(bytes.NewReader(mixed), s.Key, 1000, s.SealedSize)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.ReadAt(make([]byte, 10), 0); n != 0 || !errors.Is(err, ErrChunk) {
		t.Errorf("the first key: %d bytes, %v; want none, %v", n, err, ErrChunk)
	}
}

// A sender that seals something else than zeros as padding is refused.
func TestPadding(t *testing.T) {
	const size = 5000
	padded := PaddedSize(size)
	plain := pattern(padded) // not zeros behind size
	var salt [SaltSize]byte
	key := NewKey()
	box, commitment, err := derive(key, &salt)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	b.Write(salt[:])
	b.Write(commitment[:])
	if err := (&sealer{box: box, dst: &b}).chunks(bytes.NewReader(plain)); err != nil {
		t.Fatal(err)
	}
	s := Sealed{Key: key, Size: size, SealedSize: int64(b.Len()), Blob: sha256.Sum256(b.Bytes()), Hash: sha256.Sum256(plain[:size])}
	var out bytes.Buffer
	if err := Open(&out, bytes.NewReader(b.Bytes()), s); !errors.Is(err, ErrPadding) || out.Len() > 0 {
		t.Errorf("Open: %v, %d bytes; want %v", err, out.Len(), ErrPadding)
	}
	r, err := NewReader(bytes.NewReader(b.Bytes()), key, size, s.SealedSize)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.ReadAt(make([]byte, 10), 0); n != 0 || !errors.Is(err, ErrPadding) {
		t.Errorf("ReadAt: %d, %v; want %v", n, err, ErrPadding)
	}
}

// FuzzOpen: whatever the bytes and the sizes are, nothing panics, and nothing comes
// out that the key's holder didn't seal.
func FuzzOpen(f *testing.F) {
	key := Key{1}
	var salt [SaltSize]byte
	var sealed [][]byte // what was, with its padding
	for _, size := range []int64{0, 1, 100, ChunkSize + 1} {
		var b bytes.Buffer
		plain := pattern(size)
		if _, err := seal(&b, bytes.NewReader(plain), size, key, &salt); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes(), size, int64(b.Len()))
		sealed = append(sealed, append(plain, make([]byte, PaddedSize(size)-size)...))
	}
	f.Fuzz(func(t *testing.T, blob []byte, size, sealedSize int64) {
		var out bytes.Buffer
		s := Sealed{Key: key, Size: size, SealedSize: sealedSize, Blob: sha256.Sum256(blob)}
		if err := Open(&out, bytes.NewReader(blob), s); err == nil {
			t.Fatal("a plaintext whose hash nobody told was taken")
		}
		r, err := NewReader(bytes.NewReader(blob), key, size, sealedSize)
		if err != nil {
			return
		}
		p := make([]byte, 4*ChunkSize)
		n, _ := r.ReadAt(p, 0)
		if !slices.ContainsFunc(sealed, func(whole []byte) bool { return bytes.HasPrefix(whole, p[:n]) }) {
			t.Fatalf("%d bytes that nobody sealed", n)
		}
	})
}
