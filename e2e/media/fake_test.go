package media

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/internal/cbor"
	"parley/wire"
)

// A fake keeps blobs in memory, as wire/blob.go says; its fields make it fail.
type fake struct {
	t  testing.TB
	mu sync.Mutex // guards what follows

	token   string            // that is good; others are unauthorized
	uploads map[string][]byte // under way
	lengths map[string]int64
	blobs   map[string][]byte
	room    string              // that refers to all blobs
	taken   string              // a blob that was taken down
	served  int64               // bytes of blobs
	asked   int                 // requests for blobs
	deleted int                 // uploads that were ended
	parts   int                 // PATCHes
	files   map[string]*os.File // blobs that aren't kept in memory
	discard bool                // uploads are hashed, and not kept

	// What is wrong. Each is used up by the request that it hits.
	dropPart   int       // the connection of the n-th PATCH from now on is cut in its middle
	loseParts  int       // the n-th PATCH from now on finds that the server lost all but the first part
	forget     int       // the n-th PATCH from now on finds that the upload is gone
	silentEnd  bool      // the last PATCH is done, and its connection cut before it is told
	wrongName  bool      // a finished upload gets another name
	refuse     wire.Code // the next creation is refused
	down       time.Time // until then everything is unavailable
	cutBlob    int       // the next answers with a blob are cut after so many bytes
	wrongRange bool      // answers have other bytes than were asked for
	hashes     map[string]*progress
}

// progress is of an upload that isn't kept.
type progress struct {
	hash io.Writer
	sum  func() []byte
	n    int64
}

func newFake(t testing.TB) *fake {
	return &fake{
		t: t, token: "good", uploads: map[string][]byte{}, lengths: map[string]int64{}, blobs: map[string][]byte{},
		room: "mimi://example.com/r/x", hashes: map[string]*progress{}, files: map[string]*os.File{},
	}
}

// with changes the server's state.
func (s *fake) with(fn func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fn()
}

// put keeps a blob, and returns its name.
func (s *fake) put(blob []byte) string {
	sum := sha256.Sum256(blob)
	name := hex.EncodeToString(sum[:])
	s.with(func() { s.blobs[name] = blob })
	return name
}

func (s *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case time.Now().Before(s.down):
		s.fail(w, http.StatusServiceUnavailable, wire.CodeUnavailable)
	case r.Header.Get("Authorization") != "Bearer "+s.token:
		s.fail(w, http.StatusUnauthorized, wire.CodeUnauthorized)
	case strings.Contains(r.URL.String(), s.token), r.URL.RawQuery != "":
		s.t.Errorf("a request with a token or a query in its address: %s", r.URL)
	case strings.HasPrefix(r.URL.Path, wire.BlobsPath):
		s.blob(w, r)
	case strings.HasPrefix(r.URL.Path, wire.UploadsPath):
		s.upload(w, r)
	default:
		http.NotFound(w, r)
	}
}

func (s *fake) fail(w http.ResponseWriter, status int, code wire.Code) {
	body, err := cbor.Marshal(wire.Refuse(code, "no"))
	if err != nil {
		s.t.Error(err)
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

func (s *fake) upload(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Tus-Resumable", "1.0.0")
	if r.Header.Get("Tus-Resumable") != "1.0.0" {
		w.WriteHeader(http.StatusPreconditionFailed)
		return
	}
	id := strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, wire.UploadsPath), "/")
	if r.Method == http.MethodPost {
		s.create(w, r)
		return
	}
	if _, ok := s.lengths[id]; !ok {
		s.fail(w, http.StatusNotFound, wire.CodeUnknownBlob)
		return
	}
	switch r.Method {
	case http.MethodHead:
		w.Header().Set("Upload-Offset", strconv.FormatInt(s.offset(id), 10))
		s.name(w, id)
	case http.MethodPatch:
		s.patch(w, r, id)
	case http.MethodDelete:
		delete(s.lengths, id)
		s.deleted++
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *fake) create(w http.ResponseWriter, r *http.Request) {
	if s.refuse != "" {
		status := http.StatusRequestEntityTooLarge
		if s.refuse == wire.CodeQuota {
			status = http.StatusInsufficientStorage
		}
		s.fail(w, status, s.refuse)
		s.refuse = ""
		return
	}
	id := fmt.Sprintf("u%d", len(s.lengths)+s.deleted+1)
	length, err := strconv.ParseInt(r.Header.Get("Upload-Length"), 10, 64)
	if err != nil {
		s.t.Errorf("Upload-Length: %v", err)
	}
	s.lengths[id], s.uploads[id] = length, nil
	if s.discard {
		h := sha256.New()
		s.hashes[id] = &progress{hash: h, sum: func() []byte { return h.Sum(nil) }}
	}
	w.Header().Set("Location", wire.UploadsPath+"/"+id)
	w.WriteHeader(http.StatusCreated)
}

func (s *fake) offset(id string) int64 {
	if p := s.hashes[id]; p != nil {
		return p.n
	}
	return int64(len(s.uploads[id]))
}

// name tells the blob's name where the upload is whole.
func (s *fake) name(w http.ResponseWriter, id string) {
	if s.offset(id) < s.lengths[id] {
		return
	}
	var name string
	if p := s.hashes[id]; p != nil {
		name = hex.EncodeToString(p.sum())
	} else {
		sum := sha256.Sum256(s.uploads[id])
		name = hex.EncodeToString(sum[:])
		s.blobs[name] = s.uploads[id]
	}
	if s.wrongName {
		name = strings.Repeat("00", 32)
	}
	w.Header().Set(wire.BlobHeader, name)
}

// counted counts a fault down, and reports whether it is its turn.
func counted(n *int) bool {
	if *n == 0 {
		return false
	}
	*n--
	return *n == 0
}

func (s *fake) patch(w http.ResponseWriter, r *http.Request, id string) {
	s.parts++
	if r.Header.Get("Content-Type") != "application/offset+octet-stream" {
		w.WriteHeader(http.StatusUnsupportedMediaType)
		return
	}
	if counted(&s.forget) {
		delete(s.lengths, id)
		s.fail(w, http.StatusNotFound, wire.CodeUnknownBlob)
		return
	}
	if counted(&s.loseParts) {
		s.uploads[id] = s.uploads[id][:100_000]
	}
	if r.Header.Get("Upload-Offset") != strconv.FormatInt(s.offset(id), 10) {
		w.WriteHeader(http.StatusConflict)
		return
	}
	body := io.Reader(r.Body)
	if drop := counted(&s.dropPart); drop {
		body = io.LimitReader(body, r.ContentLength/2)
		defer panic(http.ErrAbortHandler)
	}
	s.take(id, body)
	w.Header().Set("Upload-Offset", strconv.FormatInt(s.offset(id), 10))
	s.name(w, id)
	if s.silentEnd && s.offset(id) == s.lengths[id] {
		s.silentEnd = false
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *fake) take(id string, body io.Reader) {
	if p := s.hashes[id]; p != nil {
		n, _ := io.Copy(p.hash, body)
		p.n += n
		return
	}
	data, _ := io.ReadAll(body)
	s.uploads[id] = append(s.uploads[id], data...)
}

func (s *fake) blob(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, wire.BlobsPath)
	blob, size, ok := s.find(name)
	switch {
	case name == s.taken:
		s.fail(w, http.StatusGone, wire.CodeBlobTaken)
		return
	case !ok || r.Header.Get(wire.RoomHeader) != s.room:
		s.fail(w, http.StatusNotFound, wire.CodeUnknownBlob)
		return
	}
	s.asked++
	var from, to int64
	if _, err := fmt.Sscanf(r.Header.Get("Range"), "bytes=%d-%d", &from, &to); err != nil || to >= size {
		s.t.Errorf("Range: %q of %d", r.Header.Get("Range"), size)
		return
	}
	n := to - from + 1
	start := from
	if s.wrongRange {
		s.wrongRange, start = false, 0
	}
	w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", start, start+n-1, size))
	w.Header().Set("Content-Length", strconv.FormatInt(n, 10))
	w.WriteHeader(http.StatusPartialContent)
	part := io.NewSectionReader(blob, start, n)
	if s.cutBlob > 0 && int64(s.cutBlob) < n {
		_, _ = io.CopyN(w, part, int64(s.cutBlob))
		s.cutBlob = 0
		panic(http.ErrAbortHandler)
	}
	s.mu.Unlock() // the browser may let it wait
	n, _ = io.Copy(w, part)
	s.mu.Lock()
	s.served += n
}

// find returns a blob and its size.
func (s *fake) find(name string) (io.ReaderAt, int64, bool) {
	if f := s.files[name]; f != nil {
		info, err := f.Stat()
		return f, info.Size(), err == nil
	}
	blob, ok := s.blobs[name]
	return bytes.NewReader(blob), int64(len(blob)), ok
}
