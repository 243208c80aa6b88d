package blob_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"parley/identity"
	"parley/server"
	"parley/server/blob"
	"parley/server/blob/blobtest"
)

// A place is where a store keeps things, so that it can be opened again.
type place struct{ uploads, objects string }

var places = map[server.Blobs]place{}

func open(t *testing.T, p place) *blob.Store {
	t.Helper()
	objects, err := blob.OpenDisk(p.objects)
	if err != nil {
		t.Fatal(err)
	}
	s, err := blob.Open(blob.Options{Uploads: p.uploads, Objects: objects})
	if err != nil {
		t.Fatal(err)
	}
	places[s] = p
	return s
}

func openNew(t *testing.T) (*blob.Store, place) {
	t.Helper()
	dir := t.TempDir()
	p := place{filepath.Join(dir, "uploads"), filepath.Join(dir, "objects")}
	return open(t, p), p
}

func TestDisk(t *testing.T) {
	blobtest.Run(t, blobtest.Driver{
		Open:   func(t *testing.T) server.Blobs { s, _ := openNew(t); return s },
		Reopen: func(t *testing.T, s server.Blobs) server.Blobs { return open(t, places[s]) },
	})
}

const alice = identity.Account("mimi://example.org/u/alice")

func begin(t *testing.T, s server.Blobs, size int64) server.UploadID {
	t.Helper()
	id := server.UploadID{1}
	if err := s.Begin(t.Context(), server.Upload{ID: id, Account: alice, Size: size, ExpiresMS: 1000}); err != nil {
		t.Fatal(err)
	}
	return id
}

// TestTornState: after a power cut the newest slot may be half written, and what
// lies behind the durable bytes anything.
func TestTornState(t *testing.T) {
	s, p := openNew(t)
	id := begin(t, s, 8)
	for _, part := range []string{"12", "34"} {
		u, err := s.Upload(t.Context(), alice, id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Append(t.Context(), alice, id, server.Part{Offset: u.Offset, Size: 2, Body: strings.NewReader(part)}); err != nil {
			t.Fatal(err)
		}
	}
	state := filepath.Join(p.uploads, id.String()+".state")
	content, err := os.ReadFile(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		spoil func([]byte)
		want  int64
	}{
		{"nothing", func([]byte) {}, 4},
		{"the newest slot", func(b []byte) { b[512+20] ^= 1 }, 2},  // written third: sequence 2
		{"the slot before", func(b []byte) { b[1024+20] ^= 1 }, 4}, // sequence 1
	} {
		spoilt := bytes.Clone(content)
		c.spoil(spoilt)
		if err := os.WriteFile(state, spoilt, 0o600); err != nil {
			t.Fatal(err)
		}
		u, err := open(t, p).Upload(t.Context(), alice, id)
		if err != nil || u.Offset != c.want {
			t.Errorf("%s: %+v, %v; want offset %d", c.name, u, err, c.want)
		}
	}
	if err := os.WriteFile(filepath.Join(p.uploads, id.String()+".data"), []byte("1234garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, p)
	if _, err := s.Append(t.Context(), alice, id, server.Part{Offset: 4, Size: 4, Body: strings.NewReader("5678")}); err != nil {
		t.Fatal(err)
	}
	u, err := s.Finish(t.Context(), alice, id, func(server.BlobID) error { return nil })
	if want := server.BlobID(sha256.Sum256([]byte("12345678"))); err != nil || u.Blob != want {
		t.Errorf("Finish = %+v, %v; want %s", u, err, want)
	}
	got, err := os.ReadFile(filepath.Join(p.objects, u.Blob.String()[:2], u.Blob.String()))
	if err != nil || string(got) != "12345678" {
		t.Errorf("the object is %q, %v", got, err)
	}
}

// TestHalfBegun: what a process that was killed left half-begun goes.
func TestHalfBegun(t *testing.T) {
	_, p := openNew(t)
	a, b := server.UploadID{1}, server.UploadID{2}
	for name, content := range map[string]string{a.String() + ".data": "", b.String() + ".data": "", b.String() + ".state": "half a head", "README": "somebody's"} {
		if err := os.WriteFile(filepath.Join(p.uploads, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, p)
	entries, err := os.ReadDir(p.uploads)
	if err != nil || len(entries) != 1 || entries[0].Name() != "README" {
		t.Errorf("there are %v, %v; want what isn't ours alone", entries, err)
	}
	if n, _ := s.Pending(alice); n != 0 {
		t.Errorf("%d uploads", n)
	}
}

// TestKilledAfterMove: a process is killed when the bytes have moved and nothing
// says so yet.
func TestKilledAfterMove(t *testing.T) {
	s, p := openNew(t)
	id := begin(t, s, 4)
	if _, err := s.Append(t.Context(), alice, id, server.Part{Size: 4, Body: strings.NewReader("1234")}); err != nil {
		t.Fatal(err)
	}
	want := server.BlobID(sha256.Sum256([]byte("1234")))
	if err := os.Rename(filepath.Join(p.uploads, id.String()+".data"), filepath.Join(p.objects, want.String()[:2], want.String())); err != nil {
		t.Fatal(err)
	}
	u, err := open(t, p).Finish(t.Context(), alice, id, func(server.BlobID) error { return nil })
	if err != nil || !u.Done || u.Blob != want {
		t.Errorf("Finish = %+v, %v; want %s", u, err, want)
	}
}

// TestFullDisk: who has no room is told so, before and after.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	objects, err := blob.OpenDisk(filepath.Join(dir, "objects"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := blob.Open(blob.Options{Uploads: filepath.Join(dir, "uploads"), Objects: objects, Free: func() (int64, error) { return 99, nil }})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Begin(t.Context(), server.Upload{ID: server.UploadID{1}, Account: alice, Size: 100})
	if !errors.Is(err, server.ErrUnavailable) {
		t.Errorf("Begin = %v; want ErrUnavailable", err)
	}
	begin(t, s, 99)
}

// TestModes: nobody else reads what is kept.
func TestModes(t *testing.T) {
	old := syscall.Umask(0)
	defer syscall.Umask(old)
	s, p := openNew(t)
	id := begin(t, s, 4)
	s.Append(t.Context(), alice, id, server.Part{Size: 4, Body: strings.NewReader("1234")})
	if _, err := s.Finish(t.Context(), alice, id, func(server.BlobID) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if err := s.Begin(t.Context(), server.Upload{ID: server.UploadID{2}, Account: alice, Size: 5}); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, dir := range []string{p.uploads, p.objects} {
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := e.Info()
			if err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %v", path, info.Mode())
			}
			seen++
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if seen < 256 {
		t.Errorf("only %d things were seen", seen)
	}
}
