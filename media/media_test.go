package media

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// pattern is a plaintext that differs in each chunk.
func pattern(size int64) []byte {
	p := make([]byte, size)
	for i := range p {
		p[i] = byte(i*7 + (i>>8)*13 + int(size)) //nolint:gosec // the low bits are meant
	}
	return p
}

// sealPattern seals a pattern under a fresh key.
func sealPattern(t testing.TB, size int64) (blob, plain []byte, s Sealed) {
	t.Helper()
	plain = pattern(size)
	var b bytes.Buffer
	s, err := Seal(&b, bytes.NewReader(plain), size, NewKey())
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	return b.Bytes(), plain, s
}

var sizes = []int64{0, 1, 2, 16383, 16384, 16385, 3*ChunkSize + 5, batch*ChunkSize - 1, batch * ChunkSize, 3*batch*ChunkSize + 777}

func TestSealOpen(t *testing.T) {
	for _, size := range sizes {
		blob, plain, s := sealPattern(t, size)
		if int64(len(blob)) != s.SealedSize || s.SealedSize != SealedSize(size) || s.Size != size {
			t.Errorf("%d: got a blob of %d, %+v; want %d", size, len(blob), s.SealedSize, SealedSize(size))
		}
		if s.Blob != sha256.Sum256(blob) || s.Hash != sha256.Sum256(plain) {
			t.Errorf("%d: the hashes aren't those of blob and plaintext", size)
		}
		var out bytes.Buffer
		if err := Open(&out, iotest.HalfReader(bytes.NewReader(blob)), s); err != nil || !bytes.Equal(out.Bytes(), plain) {
			t.Errorf("%d: Open: %v, %d bytes", size, err, out.Len())
		}
	}
}

// Sources that give a byte at a time, or an end with the last bytes, seal alike.
func TestSealSources(t *testing.T) {
	plain, key, salt := pattern(40000), NewKey(), [SaltSize]byte{1}
	var want bytes.Buffer
	if _, err := seal(&want, bytes.NewReader(plain), 40000, key, &salt); err != nil {
		t.Fatal(err)
	}
	for name, src := range map[string]io.Reader{
		"one byte": iotest.OneByteReader(bytes.NewReader(plain)), "end with data": iotest.DataErrReader(bytes.NewReader(plain)),
	} {
		var got bytes.Buffer
		if _, err := seal(&got, src, 40000, key, &salt); err != nil || !bytes.Equal(got.Bytes(), want.Bytes()) {
			t.Errorf("%s: %v, the blob differs", name, err)
		}
	}
}

// Two blobs of one plaintext under one key differ by their salt.
func TestSealFresh(t *testing.T) {
	var a, b bytes.Buffer
	key := NewKey()
	for _, dst := range []*bytes.Buffer{&a, &b} {
		if _, err := Seal(dst, strings.NewReader("hello"), 5, key); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(a.Bytes()[:SaltSize], b.Bytes()[:SaltSize]) || bytes.Equal(a.Bytes()[HeadSize:], b.Bytes()[HeadSize:]) {
		t.Error("two sealings of the same are the same")
	}
}

func TestSealErrors(t *testing.T) {
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		src  io.Reader
		size int64
		want error
	}{
		"shorter": {strings.NewReader("abc"), 4, ErrSize}, "longer": {strings.NewReader("abc"), 2, ErrSize},
		"longer than nothing": {strings.NewReader("a"), 0, ErrSize}, "negative": {strings.NewReader(""), -1, ErrSize},
		"too large": {strings.NewReader(""), MaxSize + 1, ErrSize}, "broken": {iotest.ErrReader(broken), 3, broken},
		"broken at its end": {io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), 3, broken},
		"cut":               {io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(io.ErrUnexpectedEOF)), 9, ErrSize},
	} {
		if _, err := Seal(io.Discard, test.src, test.size, NewKey()); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	if _, err := Seal(&limited{left: 100, err: broken}, strings.NewReader("abc"), 3, NewKey()); !errors.Is(err, nil) {
		t.Errorf("a destination with room: %v", err)
	}
	if _, err := Seal(&limited{left: 50, err: broken}, strings.NewReader("abc"), 3, NewKey()); !errors.Is(err, broken) {
		t.Errorf("a destination without room: got %v, want %v", err, broken)
	}
}

// limited takes left bytes.
type limited struct {
	left int
	err  error
}

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		return 0, l.err
	}
	l.left -= len(p)
	return len(p), nil
}

// Padded sizes are those of Padmé: never smaller, at most an eighth larger, and with
// no more kept bits than the exponent has.
func TestPaddedSize(t *testing.T) {
	for size, want := range map[int64]int64{0: 0, 1: 1, 2: 2, 3: 3, 9: 10, 16: 16, 17: 18, 1000: 1024, 1025: 1088, 16383: 16384, 16385: 17408, 100e6: 100663296, 1 << 30: 1 << 30, MaxSize: MaxSize} {
		if got := PaddedSize(size); got != want {
			t.Errorf("PaddedSize(%d) = %d, want %d", size, got, want)
		}
	}
	seen := map[int64]bool{}
	for size := int64(1); size < 1<<20; size++ {
		padded := PaddedSize(size)
		if padded < size || (padded-size)*100 > size*12 || PaddedSize(padded) != padded {
			t.Fatalf("PaddedSize(%d) = %d", size, padded)
		}
		seen[padded] = true
	}
	if len(seen) > 320 {
		t.Errorf("sizes below 1 MiB have %d lengths, want 320 at most", len(seen))
	}
}

func TestReader(t *testing.T) {
	for _, size := range sizes {
		blob, plain, s := sealPattern(t, size)
		r, err := NewReader(bytes.NewReader(blob), s.Key, s.Size, s.SealedSize)
		if err != nil {
			t.Fatal(err)
		}
		if size < 2*ChunkSize { // it reads byte by byte
			if err := iotest.TestReader(r, plain); err != nil {
				t.Errorf("%d: %v", size, err)
			}
		}
		for _, off := range []int64{0, 1, 16383, 16384, 16385, size / 2, size - 1, size, size + 1} {
			for _, n := range []int64{0, 1, 20, 16384, 16385, 100000, size} {
				checkReadAt(t, r, plain, off, n)
			}
		}
	}
}

func checkReadAt(t *testing.T, r *Reader, plain []byte, off, n int64) {
	t.Helper()
	if off < 0 {
		return
	}
	from := min(off, int64(len(plain)))
	want := plain[from:min(from+n, int64(len(plain)))]
	p := make([]byte, n)
	got, err := r.ReadAt(p, off)
	if !bytes.Equal(p[:got], want) {
		t.Errorf("ReadAt(%d of %d, %d): %d bytes, want %d", n, len(plain), off, got, len(want))
	}
	if wantErr := int64(len(want)) < n; wantErr != errors.Is(err, io.EOF) {
		t.Errorf("ReadAt(%d of %d, %d): %v", n, len(plain), off, err)
	}
}

func TestReaderSeek(t *testing.T) {
	blob, plain, s := sealPattern(t, 100000)
	r, err := NewReader(bytes.NewReader(blob), s.Key, s.Size, s.SealedSize)
	if err != nil {
		t.Fatal(err)
	}
	at, err := r.Seek(-5, io.SeekEnd)
	got, _ := io.ReadAll(r)
	if err != nil || at != 99995 || !bytes.Equal(got, plain[99995:]) {
		t.Errorf("the last five: at %d, %v, %d bytes", at, err, len(got))
	}
	for _, bad := range []struct {
		offset int64
		whence int
	}{{-1, io.SeekStart}, {-100001, io.SeekEnd}, {0, 9}} {
		if _, err := r.Seek(bad.offset, bad.whence); err == nil {
			t.Errorf("Seek(%d, %d): no error", bad.offset, bad.whence)
		}
	}
	if _, err := r.ReadAt(make([]byte, 1), -1); err == nil {
		t.Error("ReadAt(-1): no error")
	}
}

func TestKey(t *testing.T) {
	a, b := NewKey(), NewKey()
	if a.Equal(b) || !a.Equal(a) {
		t.Error("Equal")
	}
	for _, text := range []string{fmt.Sprint(a), fmt.Sprintf("%+v", Sealed{Key: a}), fmt.Sprintf("%#v", a)} {
		if !strings.Contains(text, "redacted") || strings.Contains(text, fmt.Sprint(a[0])+" "+fmt.Sprint(a[1])) {
			t.Errorf("a key prints as %s", text)
		}
	}
}
