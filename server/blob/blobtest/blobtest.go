// Package blobtest holds the tests that every server.Blobs must pass: a case for
// each sentence of the interface's comment.
package blobtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
)

// A Driver is what is tested.
type Driver struct {
	// Open returns a new store, without uploads.
	Open func(t *testing.T) server.Blobs
	// Reopen returns what a new process finds after s was killed.
	Reopen func(t *testing.T, s server.Blobs) server.Blobs
	// Large is a size for which the driver has a way of its own; 0: none.
	Large int64
}

// Run tests d.
func Run(t *testing.T, d Driver) {
	for _, c := range []struct {
		name string
		run  func(t *testing.T, d Driver, s server.Blobs)
	}{
		{"Whole", testWhole},
		{"Parts", testParts},
		{"Ranges", testRanges},
		{"WrongOffset", testWrongOffset},
		{"Beyond", testBeyond},
		{"Foreign", testForeign},
		{"BodyFails", testBodyFails},
		{"KeepRefuses", testKeepRefuses},
		{"Cancel", testCancel},
		{"Expire", testExpire},
		{"Pending", testPending},
		{"SameTwice", testSameTwice},
		{"Delete", testDelete},
		{"Interrupt", testInterrupt},
		{"AtOnce", testAtOnce},
		{"Reopen", testReopen},
		{"ReopenWhole", testReopenWhole},
		{"Large", testLarge},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(t, d, d.Open(t)) })
	}
}

const alice, bob = identity.Account("mimi://example.org/u/alice"), identity.Account("mimi://example.org/u/bob")

// content returns n bytes, each time others.
func content(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func kept(server.BlobID) error { return nil }

// begin makes an upload of size bytes of alice.
func begin(t *testing.T, s server.Blobs, size int64) server.UploadID {
	t.Helper()
	u := server.Upload{Account: alice, Size: size, ExpiresMS: 1000}
	rand.Read(u.ID[:])
	if err := s.Begin(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	return u.ID
}

// add appends b at an offset, and checks where the upload is then.
func add(t *testing.T, s server.Blobs, id server.UploadID, offset int64, b []byte) {
	t.Helper()
	u, err := s.Append(t.Context(), alice, id, server.Part{Offset: offset, Size: int64(len(b)), Body: bytes.NewReader(b)})
	if want := offset + int64(len(b)); err != nil || u.Offset != want || u.Done {
		t.Fatalf("Append at %d = %+v, %v; want offset %d", offset, u, err, want)
	}
}

// finish makes a blob of an upload whose bytes are b.
func finish(t *testing.T, s server.Blobs, id server.UploadID, b []byte) server.BlobID {
	t.Helper()
	want := server.BlobID(sha256.Sum256(b))
	var told server.BlobID
	u, err := s.Finish(t.Context(), alice, id, func(blob server.BlobID) error { told = blob; return nil })
	if err != nil || !u.Done || u.Blob != want || told != want {
		t.Fatalf("Finish = %+v, %v, keep was told %s; want %s", u, err, told, want)
	}
	return want
}

// put uploads b.
func put(t *testing.T, s server.Blobs, b []byte) server.BlobID {
	t.Helper()
	id := begin(t, s, int64(len(b)))
	add(t, s, id, 0, b)
	return finish(t, s, id, b)
}

// expect checks what a blob's bytes are from an offset on.
func expect(t *testing.T, s server.Blobs, blob server.BlobID, from int64, want []byte) {
	t.Helper()
	r, err := s.Open(t.Context(), blob, from, int64(len(want)))
	if err != nil {
		t.Errorf("Open from %d: %v", from, err)
		return
	}
	defer r.Close()
	got := make([]byte, len(want))
	if _, err := io.ReadFull(r, got); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes from %d are others, %v", len(want), from, err)
	}
}

func expectNone(t *testing.T, s server.Blobs, blob server.BlobID) {
	t.Helper()
	if r, err := s.Open(t.Context(), blob, 0, 1); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Open = %v, %v; want ErrNotFound", r, err)
	}
}

func expectAt(t *testing.T, s server.Blobs, id server.UploadID, want int64) {
	t.Helper()
	if u, err := s.Upload(t.Context(), alice, id); err != nil || u.Offset != want {
		t.Errorf("Upload = %+v, %v; want offset %d", u, err, want)
	}
}

func testWhole(t *testing.T, _ Driver, s server.Blobs) {
	b := content(100_000)
	id := begin(t, s, int64(len(b)))
	u, err := s.Upload(t.Context(), alice, id)
	if want := (server.Upload{ID: id, Account: alice, Size: 100_000, ExpiresMS: 1000}); err != nil || u != want {
		t.Errorf("Upload = %+v, %v; want %+v", u, err, want)
	}
	expectNone(t, s, server.BlobID(sha256.Sum256(b)))
	add(t, s, id, 0, b)
	expectNone(t, s, server.BlobID(sha256.Sum256(b)))
	blob := finish(t, s, id, b)
	expect(t, s, blob, 0, b)
	if u, err := s.Upload(t.Context(), alice, id); err != nil || !u.Done || u.Blob != blob || u.Offset != 100_000 {
		t.Errorf("Upload = %+v, %v; want it done", u, err)
	}
	u, err = s.Finish(t.Context(), alice, id, func(server.BlobID) error { return errors.New("called again") })
	if err != nil || u.Blob != blob {
		t.Errorf("Finish again = %+v, %v; want the same", u, err)
	}
}

func testParts(t *testing.T, _ Driver, s server.Blobs) {
	b := content(300_001)
	id := begin(t, s, int64(len(b)))
	at := int64(0)
	for _, n := range []int{1, 63, 64, 0, 70_000, 229_872, 1} {
		add(t, s, id, at, b[at:at+int64(n)])
		at += int64(n)
	}
	expect(t, s, finish(t, s, id, b), 0, b)
}

func testRanges(t *testing.T, _ Driver, s server.Blobs) {
	b := content(50_000)
	blob := put(t, s, b)
	for _, r := range [][2]int64{{0, 1}, {0, 50_000}, {1, 1}, {16_384, 16_384}, {49_999, 50_000}, {30_000, 50_000}} {
		expect(t, s, blob, r[0], b[r[0]:max(r[1], r[0]+1)])
	}
}

func testWrongOffset(t *testing.T, _ Driver, s server.Blobs) {
	id := begin(t, s, 10)
	add(t, s, id, 0, []byte("12345"))
	for _, offset := range []int64{-1, 0, 4, 6, 10, 11} {
		u, err := s.Append(t.Context(), alice, id, server.Part{Offset: offset, Body: bytes.NewReader([]byte("x"))})
		if !errors.Is(err, server.ErrStale) || u.Offset != 5 {
			t.Errorf("Append at %d = %+v, %v; want ErrStale", offset, u, err)
		}
	}
	if _, err := s.Finish(t.Context(), alice, id, kept); !errors.Is(err, server.ErrStale) {
		t.Errorf("Finish of half an upload: %v; want ErrStale", err)
	}
	add(t, s, id, 5, []byte("67890"))
	blob := finish(t, s, id, []byte("1234567890"))
	if _, err := s.Append(t.Context(), alice, id, server.Part{Offset: 10, Body: bytes.NewReader([]byte("x"))}); !errors.Is(err, server.ErrStale) {
		t.Errorf("Append to what is done: %v; want ErrStale", err)
	}
	expect(t, s, blob, 0, []byte("1234567890"))
}

// testBeyond: neither who says it nor who doesn't gets beyond the end.
func testBeyond(t *testing.T, _ Driver, s server.Blobs) {
	id := begin(t, s, 4)
	_, err := s.Append(t.Context(), alice, id, server.Part{Size: 5, Body: bytes.NewReader([]byte("12345"))})
	if !errors.Is(err, server.ErrTooMany) {
		t.Errorf("Append of too much: %v; want ErrTooMany", err)
	}
	expectAt(t, s, id, 0)
	u, err := s.Append(t.Context(), alice, id, server.Part{Size: 4, Body: bytes.NewReader([]byte("12345"))})
	if err != nil || u.Offset != 4 {
		t.Errorf("Append = %+v, %v; want what fits", u, err)
	}
	finish(t, s, id, []byte("1234"))
}

func testForeign(t *testing.T, _ Driver, s server.Blobs) {
	id := begin(t, s, 1)
	for _, who := range []struct {
		account identity.Account
		id      server.UploadID
	}{{bob, id}, {alice, server.UploadID{}}, {"", id}} {
		_, errUpload := s.Upload(t.Context(), who.account, who.id)
		_, errAppend := s.Append(t.Context(), who.account, who.id, server.Part{Body: bytes.NewReader([]byte("x"))})
		_, errFinish := s.Finish(t.Context(), who.account, who.id, kept)
		for _, err := range []error{errUpload, errAppend, errFinish, s.Cancel(t.Context(), who.account, who.id)} {
			if !errors.Is(err, server.ErrNotFound) {
				t.Errorf("%v; want ErrNotFound", err)
			}
		}
	}
	expectAt(t, s, id, 0)
}

// A failing reader gives b, and then an error.
type failing struct {
	b   []byte
	err error
}

func (f *failing) Read(p []byte) (int, error) {
	n := copy(p, f.b)
	if f.b = f.b[n:]; n == 0 {
		return 0, f.err
	}
	return n, nil
}

// testBodyFails: what came is kept.
func testBodyFails(t *testing.T, _ Driver, s server.Blobs) {
	b, broken := content(600_000), errors.New("broken")
	id := begin(t, s, int64(len(b)))
	u, err := s.Append(t.Context(), alice, id, server.Part{Size: int64(len(b)), Body: &failing{b[:500_001], broken}})
	if !errors.Is(err, broken) || u.Offset != 500_001 {
		t.Errorf("Append = %+v, %v; want what came of it, and the error", u, err)
	}
	add(t, s, id, 500_001, b[500_001:])
	expect(t, s, finish(t, s, id, b), 0, b)
}

func testKeepRefuses(t *testing.T, _ Driver, s server.Blobs) {
	b, no := content(1000), errors.New("no")
	id := begin(t, s, 1000)
	add(t, s, id, 0, b)
	u, err := s.Finish(t.Context(), alice, id, func(server.BlobID) error { return no })
	if !errors.Is(err, no) || u.Done {
		t.Errorf("Finish = %+v, %v; want keep's error", u, err)
	}
	expectNone(t, s, server.BlobID(sha256.Sum256(b)))
	expect(t, s, finish(t, s, id, b), 0, b)
}

func testCancel(t *testing.T, _ Driver, s server.Blobs) {
	id, whole := begin(t, s, 5), begin(t, s, 5)
	add(t, s, id, 0, []byte("123"))
	b := content(5)
	add(t, s, whole, 0, b)
	blob := finish(t, s, whole, b)
	for _, id := range []server.UploadID{id, whole} {
		if err := s.Cancel(t.Context(), alice, id); err != nil {
			t.Errorf("Cancel: %v", err)
		}
		if _, err := s.Upload(t.Context(), alice, id); !errors.Is(err, server.ErrNotFound) {
			t.Errorf("Upload: %v; want ErrNotFound", err)
		}
		if err := s.Cancel(t.Context(), alice, id); !errors.Is(err, server.ErrNotFound) {
			t.Errorf("Cancel again: %v; want ErrNotFound", err)
		}
	}
	expect(t, s, blob, 0, b)
}

func testExpire(t *testing.T, _ Driver, s server.Blobs) {
	id := begin(t, s, 5) // until 1000
	for now, want := range map[int64]bool{999: true, 1000: true} {
		if err := s.ExpireUploads(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Upload(t.Context(), alice, id); (err == nil) != want {
			t.Errorf("at %d: %v", now, err)
		}
	}
	if err := s.ExpireUploads(t.Context(), 1001); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Upload(t.Context(), alice, id); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("afterwards: %v; want ErrNotFound", err)
	}
}

func testPending(t *testing.T, _ Driver, s server.Blobs) {
	expect := func(account identity.Account, n int, size int64) {
		t.Helper()
		if gotN, got := s.Pending(account); gotN != n || got != size {
			t.Errorf("Pending = %d, %d; want %d, %d", gotN, got, n, size)
		}
	}
	expect(alice, 0, 0)
	b := content(7)
	id, other := begin(t, s, 7), begin(t, s, 100)
	expect(alice, 2, 107)
	expect(bob, 0, 0)
	add(t, s, id, 0, b)
	finish(t, s, id, b)
	expect(alice, 1, 100)
	if err := s.Cancel(t.Context(), alice, other); err != nil {
		t.Fatal(err)
	}
	expect(alice, 0, 0)
}

func testSameTwice(t *testing.T, _ Driver, s server.Blobs) {
	b := content(1000)
	first := put(t, s, b)
	if second := put(t, s, b); second != first {
		t.Error("the same bytes have two names")
	}
	expect(t, s, server.BlobID(sha256.Sum256(b)), 0, b)
}

func testDelete(t *testing.T, _ Driver, s server.Blobs) {
	b := content(1000)
	blob, other := put(t, s, b), put(t, s, content(10))
	for range 2 {
		if err := s.Delete(t.Context(), blob); err != nil {
			t.Errorf("Delete: %v", err)
		}
		expectNone(t, s, blob)
	}
	if r, err := s.Open(t.Context(), other, 0, 10); err != nil {
		t.Errorf("another one: %v", err)
	} else {
		r.Close()
	}
	expect(t, s, put(t, s, b), 0, b) // it may come again
}

// testInterrupt: who wants the upload ends an Append that runs, and sees what came of it.
func testInterrupt(t *testing.T, _ Driver, s server.Blobs) {
	id := begin(t, s, 10)
	r, w := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		_, err := s.Append(context.Background(), alice, id, server.Part{
			Size: 10, Body: r, Interrupt: func() { w.CloseWithError(errStopped) },
		})
		ended <- err
	}()
	w.Write([]byte("123"))
	expectAt(t, s, id, 3)
	if err := <-ended; !errors.Is(err, errStopped) {
		t.Errorf("the first Append: %v; want that it was stopped", err)
	}
	add(t, s, id, 3, []byte("4567890"))
	finish(t, s, id, []byte("1234567890"))
}

var errStopped = errors.New("stopped")

// testAtOnce: of parts that are sent at once each byte counts once.
func testAtOnce(t *testing.T, _ Driver, s server.Blobs) {
	b := content(200_000)
	id := begin(t, s, int64(len(b)))
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 50 {
				u, err := s.Upload(context.Background(), alice, id)
				if err != nil || u.Offset == u.Size {
					return
				}
				end := min(u.Offset+10_000, u.Size)
				_, err = s.Append(context.Background(), alice, id, server.Part{Offset: u.Offset, Size: end - u.Offset, Body: bytes.NewReader(b[u.Offset:end])})
				if err != nil && !errors.Is(err, server.ErrStale) {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	expect(t, s, finish(t, s, id, b), 0, b)
}

// testReopen: an upload goes on where the client was told that it is.
func testReopen(t *testing.T, d Driver, s server.Blobs) {
	b := content(900_000)
	id, empty := begin(t, s, int64(len(b))), begin(t, s, 7)
	at := int64(0)
	for _, n := range []int64{300_000, 1, 400_000} {
		add(t, s, id, at, b[at:at+n])
		at += n
		s = d.Reopen(t, s)
		expectAt(t, s, id, at)
	}
	if n, size := s.Pending(alice); n != 2 || size != 900_007 {
		t.Errorf("Pending = %d, %d; want 2, 900007", n, size)
	}
	expectAt(t, s, empty, 0)
	add(t, s, id, at, b[at:])
	s = d.Reopen(t, s)
	expect(t, s, finish(t, s, id, b), 0, b)
}

func testReopenWhole(t *testing.T, d Driver, s server.Blobs) {
	b := content(5000)
	id := begin(t, s, 5000)
	add(t, s, id, 0, b)
	blob := finish(t, s, id, b)
	s = d.Reopen(t, s)
	expect(t, s, blob, 0, b)
	if u, err := s.Upload(t.Context(), alice, id); err != nil || !u.Done || u.Blob != blob {
		t.Errorf("Upload = %+v, %v; want it done", u, err)
	}
}

func testLarge(t *testing.T, d Driver, s server.Blobs) {
	if d.Large == 0 {
		t.Skip("the driver has one way for all sizes")
	}
	b := content(int(d.Large))
	blob := put(t, s, b)
	expect(t, s, blob, 0, b)
	expect(t, s, blob, d.Large-5, b[d.Large-5:])
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if err := s.Delete(ctx, blob); err != nil {
		t.Errorf("Delete: %v", err)
	}
	expectNone(t, s, blob)
}
