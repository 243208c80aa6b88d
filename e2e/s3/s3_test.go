package s3

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"parley/client/nettransport"
	"parley/internal/freeport"
	"parley/server"
	"parley/server/blob"
	"parley/server/blob/blobtest"
	"parley/server/clientapi/apitest"
)

const (
	key    = "parley"
	secret = "secret of the test"
	bucket = "attachments"
)

// gateway is the program versitygw.
var gateway string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "parley-s3")
	if err != nil {
		log.Fatal(err)
	}
	gateway = filepath.Join(dir, "versitygw")
	build := exec.Command("go", "build", "-o", gateway, "github.com/versity/versitygw/cmd/versitygw")
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// A store is a versitygw over a directory.
type store struct {
	options blob.S3Options
	dir     string // of its objects
	process *exec.Cmd
}

// start starts a versitygw with an empty bucket.
func start(t *testing.T) *store {
	t.Helper()
	address, err := freeport.Address()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	s := &store{dir: filepath.Join(dir, "data"), options: blob.S3Options{
		Endpoint: "http://" + address, Bucket: bucket, Region: "us-east-1", AccessKey: key, Secret: secret,
	}}
	sidecar := filepath.Join(dir, "sidecar") // some file systems have no extended attributes
	for _, d := range []string{s.dir, sidecar} {
		if err := os.Mkdir(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	s.process = exec.Command(gateway, "--port", address, "--access", key, "--secret", secret, "--quiet", "posix", "--sidecar", sidecar, s.dir)
	var said bytes.Buffer
	s.process.Stdout, s.process.Stderr = &said, &said
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.process.Process.Kill()
		s.process.Wait()
		if t.Failed() {
			t.Logf("versitygw said: %s", said.String())
		}
	})
	s.makeBucket(t, address)
	return s
}

func (s *store) makeBucket(t *testing.T, address string) {
	t.Helper()
	c, err := minio.New(address, &minio.Options{Creds: credentials.NewStaticV4(key, secret, ""), Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	for range 1200 {
		if err = c.MakeBucket(t.Context(), bucket, minio.MakeBucketOptions{}); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("versitygw doesn't come: %v", err)
}

func (s *store) objects(t *testing.T) blob.Objects {
	t.Helper()
	o, err := blob.OpenS3(s.options)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// TestS3 has the driver pass what the one for the disk passes.
func TestS3(t *testing.T) {
	s := start(t)
	uploads := map[server.Blobs]string{}
	open := func(t *testing.T, dir string) server.Blobs {
		b, err := blob.Open(blob.Options{Uploads: dir, Objects: s.objects(t)})
		if err != nil {
			t.Fatal(err)
		}
		uploads[b] = dir
		return b
	}
	blobtest.Run(t, blobtest.Driver{
		Open:   func(t *testing.T) server.Blobs { return open(t, t.TempDir()) },
		Reopen: func(t *testing.T, b server.Blobs) server.Blobs { return open(t, uploads[b]) },
		Large:  70 << 20, // three parts
	})
}

// TestSite: an attachment goes through the server into the bucket and back, over a
// restart of the server.
func TestSite(t *testing.T) {
	s := start(t)
	site := apitest.New(t, apitest.Options{Objects: s.objects(t)})
	alice, bob := site.Person("alice"), site.Person("bob")
	room := site.Room(alice, bob)
	tr, err := nettransport.New(site.URL, nettransport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	content := make([]byte, 20<<20)
	rand.Read(content)
	token := func(context.Context) ([]byte, error) { return alice.Token(), nil }
	name, err := tr.Upload(t.Context(), token, bytes.NewReader(content), int64(len(content)), nil)
	if err != nil || name != sha256.Sum256(content) {
		t.Fatalf("Upload = %x, %v", name, err)
	}
	if err := alice.Send(room, name); err != nil {
		t.Fatal(err)
	}
	site.Kill()
	site.Start()
	r, err := tr.Blob(t.Context(), bob.Token(), room, name, 5<<20, 6<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var got bytes.Buffer
	if _, err := got.ReadFrom(r); err != nil || !bytes.Equal(got.Bytes(), content[5<<20:6<<20]) {
		t.Errorf("%d bytes, %v", got.Len(), err)
	}
	// The bucket has the object by its name, and nothing else of it.
	found := 0
	err = filepath.WalkDir(s.dir, func(path string, e os.DirEntry, err error) error {
		if err == nil && strings.Contains(path, server.BlobID(name).String()) && !e.IsDir() {
			found++
		}
		return err
	})
	if err != nil || found != 1 {
		t.Errorf("%d files of the object, %v; want 1", found, err)
	}
}

// TestUnreachable: while the bucket can't be reached, what is whole waits.
func TestUnreachable(t *testing.T) {
	s := start(t)
	b, err := blob.Open(blob.Options{Uploads: t.TempDir(), Objects: s.objects(t)})
	if err != nil {
		t.Fatal(err)
	}
	u := server.Upload{ID: server.UploadID{1}, Account: "mimi://example.org/u/alice", Size: 4, ExpiresMS: 1000}
	if err := b.Begin(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Append(t.Context(), u.Account, u.ID, server.Part{Size: 4, Body: strings.NewReader("1234")}); err != nil {
		t.Fatal(err)
	}
	s.options.Transport = roundTrip(func(*http.Request) (*http.Response, error) { return nil, errors.New("no network at " + secret) })
	broken, err := blob.Open(blob.Options{Uploads: t.TempDir(), Objects: s.objects(t)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := broken.Open(ctx, server.BlobID{1}, 0, 1); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("Open = %v; want an error without what the network says", err)
	}
	keep := func(server.BlobID) error { return nil }
	if done, err := b.Finish(t.Context(), u.Account, u.ID, keep); err != nil || !done.Done {
		t.Errorf("Finish = %+v, %v", done, err)
	}
	if err := blob.CheckS3(t.Context(), s.objectsOf(t, "nothing")); err == nil {
		t.Error("a bucket that isn't there passes the check")
	}
}

func (s *store) objectsOf(t *testing.T, name string) blob.Objects {
	t.Helper()
	o := s.options
	o.Bucket, o.Transport = name, nil
	objects, err := blob.OpenS3(o)
	if err != nil {
		t.Fatal(err)
	}
	return objects
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
