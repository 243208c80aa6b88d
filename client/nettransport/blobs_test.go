package nettransport_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/client"
	"parley/client/nettransport"
	"parley/identity"
	"parley/server"
	"parley/server/clientapi/apitest"
	"parley/wire"
)

func dial(t *testing.T, s *apitest.Site) *nettransport.Transport {
	t.Helper()
	tr, err := nettransport.New(s.URL, nettransport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// token gives a session's token, opened when it is asked for.
func token(p *apitest.Person) func(context.Context) ([]byte, error) {
	return func(context.Context) ([]byte, error) { return p.Token(), nil }
}

// A fetched blob is read to its end, from where it broke off.
func fetch(t *testing.T, tr *nettransport.Transport, p *apitest.Person, room identity.Room, blob [32]byte, size int64) (b []byte, breaks int) {
	t.Helper()
	for int64(len(b)) < size && breaks < 100 {
		r, err := tr.Blob(t.Context(), p.Token(), room, blob, int64(len(b)), 0)
		if err != nil && !errors.Is(err, client.ErrOffline) {
			t.Fatal(err)
		}
		if err == nil {
			more, errRead := io.ReadAll(r)
			r.Close()
			b = append(b, more...)
			if errRead == nil {
				break
			}
			if !errors.Is(errRead, io.ErrUnexpectedEOF) {
				t.Fatalf("reading broke off with %v; want io.ErrUnexpectedEOF", errRead)
			}
		}
		breaks++
		time.Sleep(20 * time.Millisecond)
	}
	return b, breaks
}

func TestBlob(t *testing.T) {
	s := apitest.New(t, apitest.Options{Blobs: server.BlobConfig{Part: 8 << 20}})
	alice, bob := s.Person("alice"), s.Person("bob")
	room, tr := s.Room(alice, bob), dial(t, s)
	content := apitest.Content(20 << 20) // three parts
	var told []int64
	blob, err := tr.Upload(t.Context(), token(alice), bytes.NewReader(content), int64(len(content)), func(n int64) { told = append(told, n) })
	if err != nil || blob != sha256.Sum256(content) {
		t.Fatalf("Upload = %x, %v", blob, err)
	}
	if len(told) < 3 || told[len(told)-1] != int64(len(content)) {
		t.Errorf("progress was told %v; want three steps at least", told)
	}
	if err := alice.Send(room, blob); err != nil {
		t.Fatal(err)
	}
	for _, r := range [][2]int64{{0, 0}, {0, 1}, {5, 0}, {16384, 32768}, {int64(len(content)) - 1, 0}} {
		body, err := tr.Blob(t.Context(), bob.Token(), room, blob, r[0], r[1])
		if err != nil {
			t.Errorf("Blob %v: %v", r, err)
			continue
		}
		got, err := io.ReadAll(body)
		body.Close()
		want := content[r[0]:]
		if r[1] > 0 {
			want = content[r[0]:r[1]]
		}
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("Blob %v: %d bytes, %v; want %d", r, len(got), err, len(want))
		}
	}
}

// A breaker breaks what the handler reads, or writes, every so many bytes.
type breaker struct {
	every  int64
	times  atomic.Int64 // left
	reads  atomic.Int64 // bytes of bodies that the server got
	during func()       // what is done instead of just breaking
}

func (b *breaker) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPatch {
			r.Body = &breakingBody{ReadCloser: r.Body, b: b}
		}
		if strings.HasPrefix(r.URL.Path, wire.BlobsPath) {
			w = &breakingWriter{ResponseWriter: w, b: b}
		}
		next.ServeHTTP(w, r)
	})
}

// broken reports whether it is time, after n bytes.
func (b *breaker) broken(n int64) bool {
	if n < b.every || b.times.Add(-1) < 0 {
		return false
	}
	if b.during != nil {
		b.during()
	}
	return true
}

type breakingBody struct {
	io.ReadCloser
	b *breaker
	n int64
}

func (r *breakingBody) Read(p []byte) (int, error) {
	if r.b.broken(r.n) {
		return 0, io.ErrUnexpectedEOF
	}
	n, err := r.ReadCloser.Read(p)
	r.n += int64(n)
	r.b.reads.Add(int64(n))
	return n, err
}

type breakingWriter struct {
	http.ResponseWriter
	b *breaker
	n int64
}

func (w *breakingWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *breakingWriter) Write(p []byte) (int, error) {
	if w.b.broken(w.n) {
		panic(http.ErrAbortHandler)
	}
	n, err := w.ResponseWriter.Write(p)
	w.n += int64(n)
	return n, err
}

// TestUploadCut: a connection that breaks costs no more than one part.
func TestUploadCut(t *testing.T) {
	b := &breaker{every: 3 << 20}
	b.times.Store(4)
	s := apitest.New(t, apitest.Options{Wrap: b.wrap})
	alice := s.Person("alice")
	content := apitest.Content(20 << 20)
	blob, err := dial(t, s).Upload(t.Context(), token(alice), bytes.NewReader(content), int64(len(content)), nil)
	if err != nil || blob != sha256.Sum256(content) {
		t.Fatalf("Upload = %x, %v", blob, err)
	}
	if left := b.times.Load(); left > 0 {
		t.Errorf("%d breaks are left: nothing was shown", left)
	}
	if lost := b.reads.Load() - int64(len(content)); lost > 4<<20 {
		t.Errorf("%d bytes were sent twice", lost)
	}
}

// TestUploadRestart: the server is killed in mid-part and comes again.
func TestUploadRestart(t *testing.T) {
	b := &breaker{every: 2 << 20}
	b.times.Store(1)
	s := apitest.New(t, apitest.Options{Wrap: b.wrap})
	killed, restarted := make(chan struct{}), make(chan struct{})
	address := strings.TrimPrefix(s.URL, "http://")
	b.during = func() { // the part ends when the server is down
		close(killed)
		for conn, err := net.Dial("tcp", address); err == nil; conn, err = net.Dial("tcp", address) {
			conn.Close()
			time.Sleep(time.Millisecond)
		}
	}
	alice := s.Person("alice")
	tr, content, session := dial(t, s), apitest.Content(20<<20), alice.Token()
	go func() {
		defer close(restarted)
		<-killed
		s.Kill()
		s.Start()
	}()
	again := func(context.Context) ([]byte, error) { return session, nil } // it outlives the server
	blob, err := tr.Upload(t.Context(), again, bytes.NewReader(content), int64(len(content)), nil)
	if err != nil || blob != sha256.Sum256(content) {
		t.Fatalf("Upload = %x, %v", blob, err)
	}
	<-restarted
	if sent := b.reads.Load(); sent > int64(len(content))+(8<<20) { // with two checkpoints under way
		t.Errorf("%d bytes were sent for %d", sent, len(content))
	}
}

// TestDownloadCut: who reads asks for the rest.
func TestDownloadCut(t *testing.T) {
	b := &breaker{every: 1 << 20}
	s := apitest.New(t, apitest.Options{Wrap: b.wrap})
	alice, bob := s.Person("alice"), s.Person("bob")
	room, content := s.Room(alice, bob), apitest.Content(5<<20)
	blob := alice.MustUpload(content)
	if err := alice.Send(room, blob); err != nil {
		t.Fatal(err)
	}
	b.times.Store(3)
	got, breaks := fetch(t, dial(t, s), bob, room, blob, int64(len(content)))
	if !bytes.Equal(got, content) || breaks != 3 {
		t.Errorf("%d of %d bytes after %d breaks; want all after 3", len(got), len(content), breaks)
	}
}

// TestUploadRefused: what the server refuses for good isn't tried again.
func TestUploadRefused(t *testing.T) {
	s := apitest.New(t, apitest.Options{Blobs: server.BlobConfig{Size: 1000, Quota: 4096}})
	alice := s.Person("alice")
	tr := dial(t, s)
	try := func(n int, code wire.Code) {
		t.Helper()
		_, err := tr.Upload(t.Context(), token(alice), bytes.NewReader(apitest.Content(n)), int64(n), nil)
		var refusal *wire.Error
		if code == "" && err != nil || code != "" && (!errors.As(err, &refusal) || refusal.Code != code) {
			t.Errorf("Upload of %d: %v; want %q", n, err, code)
		}
	}
	try(1001, wire.CodeTooLarge)
	try(1000, "")
	try(10, wire.CodeQuota)
}

// TestUploadSmallParts: a server that takes less at once gets less.
func TestUploadSmallParts(t *testing.T) {
	s := apitest.New(t, apitest.Options{Blobs: server.BlobConfig{Part: 1 << 20}})
	content := apitest.Content(3 << 20)
	blob, err := dial(t, s).Upload(t.Context(), token(s.Person("alice")), bytes.NewReader(content), int64(len(content)), nil)
	if err != nil || blob != sha256.Sum256(content) {
		t.Fatalf("Upload = %x, %v", blob, err)
	}
}

// TestUploadCancelled: it ends when it should, and goes on until then.
func TestUploadCancelled(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, tr := s.Person("alice"), dial(t, s)
	session := alice.Token()
	s.Kill()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	asked := 0
	ask := func(context.Context) ([]byte, error) {
		if asked++; asked == 3 {
			cancel()
		}
		return session, nil
	}
	_, err := tr.Upload(ctx, ask, bytes.NewReader(make([]byte, 10)), 10, nil)
	if !errors.Is(err, client.ErrOffline) && !errors.Is(err, context.Canceled) || asked != 3 {
		t.Errorf("Upload = %v after %d tries; want ErrOffline after 3", err, asked)
	}
}
