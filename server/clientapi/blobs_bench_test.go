package clientapi_test

import (
	"context"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"parley/client/nettransport"
	"parley/identity"
	"parley/server/clientapi/apitest"
)

// A pattern is content of any length that costs no memory: no two parts are the
// same.
type pattern struct{}

func (pattern) ReadAt(p []byte, off int64) (int, error) {
	for i := 0; i < len(p); i += 4096 { // one number in each 4 KiB of zeros
		clear(p[i:min(i+4096, len(p))])
		if len(p)-i >= 8 {
			binary.BigEndian.PutUint64(p[i:], uint64(off)+uint64(i)+1)
		}
	}
	return len(p), nil
}

// A blobStage is a server, who sends and who fetches, and a bare file server.
type blobStage struct {
	tb        testing.TB
	tr        *nettransport.Transport
	alice     []byte // tokens
	bob       []byte
	site      *apitest.Site
	person    *apitest.Person
	room      identity.Room
	bare      *httptest.Server
	bareFiles string
}

func newBlobStage(tb testing.TB) *blobStage {
	tb.Helper()
	s := apitest.New(tb, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	tr, err := nettransport.New(s.URL, nettransport.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	st := &blobStage{tb: tb, tr: tr, alice: alice.Token(), bob: bob.Token(), site: s, person: alice, room: s.Room(alice, bob), bareFiles: tb.TempDir()}
	files := http.FileServer(http.Dir(st.bareFiles))
	st.bare = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut {
			files.ServeHTTP(w, r)
			return
		}
		if err := storeBare(filepath.Join(st.bareFiles, "file"), r.Body); err != nil {
			http.Error(w, "failed", http.StatusInternalServerError)
		}
	}))
	tb.Cleanup(st.bare.Close)
	return st
}

// storeBare is what the bare file server does with a body: it copies it to a file
// and fsyncs that.
func storeBare(path string, body io.Reader) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := io.Copy(f, body); err != nil {
		return err
	}
	return f.Sync()
}

// upload sends size bytes and returns how long that took.
func (s *blobStage) upload(size int64) (time.Duration, [32]byte) {
	s.tb.Helper()
	began := time.Now()
	blob, err := s.tr.Upload(s.tb.Context(), func(context.Context) ([]byte, error) { return s.alice, nil }, pattern{}, size, nil)
	took := time.Since(began)
	if err == nil {
		err = s.person.Send(s.room, blob)
	}
	if err != nil {
		s.tb.Fatal(err)
	}
	return took, blob
}

func (s *blobStage) download(blob [32]byte, size int64) time.Duration {
	s.tb.Helper()
	began := time.Now()
	r, err := s.tr.Blob(s.tb.Context(), s.bob, s.room, blob, 0, 0)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer r.Close()
	if n, err := io.Copy(io.Discard, r); err != nil || n != size {
		s.tb.Fatal(n, err)
	}
	return time.Since(began)
}

// bareTrip does the same with the bare file server: PUT, or GET where size is 0.
func (s *blobStage) bareTrip(size int64) time.Duration {
	s.tb.Helper()
	method, body := http.MethodGet, io.Reader(nil)
	if size > 0 {
		method, body = http.MethodPut, io.NewSectionReader(pattern{}, 0, size)
	}
	began := time.Now()
	req, err := http.NewRequestWithContext(s.tb.Context(), method, s.bare.URL+"/file", body)
	if err != nil {
		s.tb.Fatal(err)
	}
	req.ContentLength = size
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.tb.Fatal(err)
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		s.tb.Fatal(resp.Status, err)
	}
	return time.Since(began)
}

// BenchmarkBlobs sends and fetches 256 MiB through the server and through a bare
// file server, in turns. The ratios are of throughputs: 1 is as fast as bare.
func BenchmarkBlobs(b *testing.B) {
	const size = 256 << 20
	s := newBlobStage(b)
	s.upload(8 << 20) // warm
	s.bareTrip(8 << 20)
	var up, bareUp, down, bareDown time.Duration
	b.ResetTimer()
	for range b.N {
		took, blob := s.upload(size)
		up += took
		bareUp += s.bareTrip(size)
		down += s.download(blob, size)
		bareDown += s.bareTrip(0)
	}
	rate := func(d time.Duration) float64 { return float64(b.N) * size / 1e6 / d.Seconds() }
	b.ReportMetric(rate(up), "up-MB/s")
	b.ReportMetric(rate(down), "down-MB/s")
	b.ReportMetric(bareUp.Seconds()/up.Seconds(), "up-ratio")
	b.ReportMetric(bareDown.Seconds()/down.Seconds(), "down-ratio")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkBlobMemory sends and fetches a blob of 1 GB and tells what was
// allocated for that in all, by both sides.
func BenchmarkBlobMemory(b *testing.B) {
	s := newBlobStage(b)
	for range b.N {
		b.ReportMetric(float64(s.allocated(1_000_000_000))/(1<<20), "MiB-allocated")
	}
	b.ReportMetric(0, "ns/op")
}

// allocated returns how many bytes a blob of size costs in all, by both sides.
func (s *blobStage) allocated(size int64) uint64 {
	s.tb.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, blob := s.upload(size)
	s.download(blob, size)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// TestBlobMemory: what a blob costs in memory doesn't grow with it.
func TestBlobMemory(t *testing.T) {
	s := newBlobStage(t)
	s.allocated(1 << 20)
	if got := s.allocated(64 << 20); got > 8<<20 {
		t.Errorf("a blob of 64 MiB costs %d KiB of memory", got>>10)
	}
}
