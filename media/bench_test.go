package media

import (
	"bytes"
	"crypto/sha256"
	"io"
	"os"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// One round of the figures below goes over this much.
const benchSize = 64 << 20

// BenchmarkMedia measures the construction against bare AES-GCM calls on the same
// chunks, and the whole of Seal and Open against bare AES-GCM and the two SHA-256
// that both need, in one run. It reports ratios: work of the bare calls to ours.
//
//	go test -run '^$' -bench Media -benchtime 10x ./media
func BenchmarkMedia(b *testing.B) {
	plain := pattern(benchSize)
	var blob bytes.Buffer
	s, err := Seal(&blob, bytes.NewReader(plain), benchSize, NewKey())
	if err != nil {
		b.Fatal(err)
	}
	box, _, err := derive(s.Key, (*[SaltSize]byte)(blob.Bytes()[:SaltSize]))
	if err != nil {
		b.Fatal(err)
	}
	sealed := blob.Bytes()
	r, err := NewReader(bytes.NewReader(sealed), s.Key, s.Size, s.SealedSize)
	if err != nil {
		b.Fatal(err)
	}
	buf := make([]byte, batch*ChunkSize)
	hashes := func() { sha256.Sum256(plain); sha256.Sum256(sealed) }
	b.Run("seal", func(b *testing.B) {
		ratio(b, func() { bareSeal(box, plain) }, func() error {
			return (&sealer{box: box, dst: io.Discard}).chunks(bytes.NewReader(plain))
		})
	})
	b.Run("read", func(b *testing.B) {
		ratio(b, func() { bareOpen(box, sealed) }, func() error {
			_, err := r.Seek(0, io.SeekStart)
			for err == nil {
				_, err = r.Read(buf)
			}
			return ignore(err, io.EOF)
		})
	})
	b.Run("seal+hashes", func(b *testing.B) {
		ratio(b, func() { bareSeal(box, plain); hashes() }, func() error {
			_, err := Seal(io.Discard, bytes.NewReader(plain), benchSize, s.Key)
			return err
		})
	})
	b.Run("open+hashes", func(b *testing.B) {
		ratio(b, func() { bareOpen(box, sealed); hashes() }, func() error {
			return Open(io.Discard, bytes.NewReader(sealed), s)
		})
	})
}

func ignore(err, sentinel error) error {
	if err == sentinel { //nolint:errorlint // as it comes from Read
		return nil
	}
	return err
}

// ratio alternates the two, and reports how fast ours is in units of the bare calls,
// by the processor's time.
func ratio(b *testing.B, bare func(), ours func() error) {
	b.Helper()
	var bareTime, oursTime time.Duration
	b.SetBytes(benchSize)
	for b.Loop() {
		start := cpuTime(b)
		bare()
		middle := cpuTime(b)
		if err := ours(); err != nil {
			b.Fatal(err)
		}
		bareTime += middle - start
		oursTime += cpuTime(b) - middle
	}
	b.ReportMetric(float64(bareTime)/float64(oursTime), "ratio")
	b.ReportMetric(float64(benchSize)*float64(b.N)/oursTime.Seconds()/1e6, "ours-MB/s")
	b.ReportMetric(0, "ns/op")
}

// cpuTime is what this process has used of the processors.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func bareSeal(box *box, plain []byte) {
	out := make([]byte, 0, sealedChunk)
	for chunk := int64(0); len(plain) > 0; chunk++ {
		n := box.nonce(chunk)
		out = box.aead.Seal(out[:0], n[:], plain[:ChunkSize], nil)
		plain = plain[ChunkSize:]
	}
}

func bareOpen(box *box, sealed []byte) {
	out := make([]byte, 0, ChunkSize)
	for chunk := int64(0); chunk < benchSize/ChunkSize; chunk++ {
		n := box.nonce(chunk)
		out, _ = box.aead.Open(out[:0], n[:], at(sealed, chunk), nil)
	}
}

// Sealing and opening a large file takes no more memory than a small one. With
// PARLEY_MEDIA_GIB set it does so for 1 GiB, else for 64 MiB.
func TestMemoryFlat(t *testing.T) {
	size := int64(64 << 20)
	if os.Getenv("PARLEY_MEDIA_GIB") != "" {
		size = 1 << 30
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	pr, pw := io.Pipe()
	key := NewKey()
	done := make(chan error, 1)
	go func() {
		_, err := Seal(pw, io.LimitReader(zeros{}, size), size, key)
		pw.Close()
		done <- err
	}()
	n, err := discardChunks(pr, key, size)
	runtime.ReadMemStats(&after)
	if e := <-done; err != nil || e != nil || n != PaddedSize(size) {
		t.Fatalf("%d bytes, %v, %v", n, err, e)
	}
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("sealing and opening %d bytes allocated %d in all, want 8 MiB at most", size, got)
	}
}

// discardChunks opens a blob as it comes, and counts what is in it.
func discardChunks(src io.Reader, key Key, size int64) (int64, error) {
	var head [HeadSize]byte
	if err := readFull(src, head[:]); err != nil {
		return 0, err
	}
	box, err := unlock(key, &head)
	if err != nil {
		return 0, err
	}
	var n counter
	err = box.openAll(&n, src, SealedSize(size)-HeadSize)
	return int64(n), err
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
