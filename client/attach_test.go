package client_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"parley/client"
	"parley/client/nettransport"
	"parley/content"
	"parley/identity"
	"parley/server"
	"parley/server/blob"
	"parley/wire"
)

// keeping makes a world whose server keeps blobs, with two people who talk.
func keeping(t *testing.T) (w *world, alice, bob *person, room identity.Room) {
	t.Helper()
	dir := t.TempDir() // it is removed once the server has ended
	w = newWorld(t)
	w.stop()
	objects, err := blob.OpenDisk(filepath.Join(dir, "objects"))
	if err != nil {
		t.Fatal(err)
	}
	store, err := blob.Open(blob.Options{Uploads: filepath.Join(dir, "uploads"), Objects: objects})
	if err != nil {
		t.Fatal(err)
	}
	w.blobs = server.BlobConfig{Store: store, Size: 4 << 20, Forward: 3}
	w.start()
	alice, bob = w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	return w, alice, bob, alice.room().Room
}

// bytesOfSize returns n random bytes.
func bytesOfSize(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func fileOf(name, mediaType string, data []byte) client.File {
	return client.File{
		Attachment: client.Attachment{Role: content.RoleOf(mediaType), Type: mediaType, Name: name},
		Data:       bytes.NewReader(data), Bytes: int64(len(data)),
	}
}

// fetch returns an attachment of a message.
func (p *person) fetch(id client.MessageID, n int) ([]byte, *client.Attachment, error) {
	var out bytes.Buffer
	a, err := p.Fetch(p.w.t.Context(), id, n, &out)
	return out.Bytes(), a, err
}

// Files go from one person to the other through the server, which has nothing of them:
// not a byte, a name or a type.
func TestAttachAndFetch(t *testing.T) {
	_, alice, bob, room := keeping(t)
	ctx := t.Context()
	picture, paper := bytesOfSize(300_000), []byte(strings.Repeat("the secret plan ", 5000))
	var last, whole int64
	id, err := alice.Attach(ctx, room, client.Outgoing{Text: "both"}, []client.File{
		fileOf("beach.jpg", "image/jpeg", picture), fileOf("plan.txt", "text/plain", paper),
	}, func(done, of int64) { last, whole = done, of })
	if err != nil {
		t.Fatal(err)
	}
	var scratches atomic.Int32
	alice.reopen(func(cfg *client.Config) {
		cfg.Scratch = func() (client.Scratch, error) {
			scratches.Add(1)
			return os.Create(filepath.Join(t.TempDir(), "scratch"))
		}
	})
	if _, err := alice.Attach(ctx, room, client.Outgoing{}, []client.File{fileOf("a", "a/b", paper)}, nil); err != nil || scratches.Load() != 1 {
		t.Errorf("by a file: %v, %d files", err, scratches.Load())
	}
	alice.sync()
	bob.sync()
	if got, _, err := bob.fetch(bob.last().ID, 0); err != nil || !bytes.Equal(got, paper) {
		t.Errorf("by a file: %d bytes, %v", len(got), err)
	}
	if last != whole || whole < 380_000 {
		t.Errorf("progress ended at %d of %d", last, whole)
	}
	for i, want := range [][]byte{picture, paper} {
		got, a, err := bob.fetch(id, i)
		if err != nil || !bytes.Equal(got, want) || a.Size != int64(len(want)) {
			t.Errorf("attachment %d: %d bytes, %+v, %v; want %d", i, len(got), a, err, len(want))
		}
	}
	if v, err := bob.Lookup(ctx, id); err != nil || v.Media.Attachments[0].Role != content.RolePhoto || v.Media.Attachments[1].Role != content.RoleFile || v.Text != "both" {
		t.Errorf("bob sees %+v", v)
	}
	if _, _, err := bob.fetch(id, 2); !errors.Is(err, client.ErrUnknownMessage) {
		t.Errorf("a third one: %v; want ErrUnknownMessage", err)
	}
}

// What can't be attached is refused before a byte of it is uploaded.
func TestAttachRefusedFirst(t *testing.T) {
	w, alice, _, room := keeping(t)
	ctx := t.Context()
	var uploads atomic.Int32
	w.wrap = func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, wire.UploadsPath) {
				uploads.Add(1)
			}
			h.ServeHTTP(rw, r)
		})
	}
	svg := fileOf("x.svg", "image/svg+xml", []byte("<svg/>"))
	svg.Role = content.RolePhoto
	for name, tc := range map[string]struct {
		file client.File
		room identity.Room
		want error
	}{
		"SVG as a photo": {svg, room, client.ErrAttachment},
		"a path":         {fileOf("../x", "a/b", []byte("x")), room, client.ErrAttachment},
		"too large":      {client.File{Attachment: fileOf("x", "a/b", nil).Attachment, Data: strings.NewReader(""), Bytes: 5 << 20}, room, client.ErrLargeFile},
		"no such room":   {fileOf("x", "a/b", []byte("x")), "mimi://example.com/r/AAAAAAAAAAAAAAAAAAAAAA", client.ErrUnknownRoom},
	} {
		if _, err := alice.Attach(ctx, tc.room, client.Outgoing{}, []client.File{tc.file}, nil); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v; want %v", name, err, tc.want)
		}
	}
	short := fileOf("x", "a/b", []byte("x"))
	short.Bytes = 7
	if _, err := alice.Attach(ctx, room, client.Outgoing{}, []client.File{short}, nil); err == nil {
		t.Error("a file that is shorter than it says is attached")
	}
	if n := uploads.Load(); n != 0 {
		t.Errorf("%d requests to upload; want none", n)
	}
	if h, err := alice.History(ctx, room, 0, 10); err != nil || h[len(h)-1].Text != "start" {
		t.Errorf("something was kept: %+v, %v", h, err)
	}
}

// An upload and a download go on where the connection broke, and where the server was
// started anew meanwhile.
func TestAttachThroughDrops(t *testing.T) {
	w, alice, bob, room := keeping(t)
	var requests atomic.Int32
	w.wrap = func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			moves := r.Method == http.MethodPatch || strings.HasPrefix(r.URL.Path, wire.BlobsPath)
			if moves && requests.Add(1)%2 == 1 {
				panic(http.ErrAbortHandler) // the connection breaks
			}
			h.ServeHTTP(rw, r)
		})
	}
	data := bytesOfSize(1 << 20)
	id, err := alice.Attach(t.Context(), room, client.Outgoing{}, []client.File{fileOf("a.bin", "a/b", data)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	alice.sync()
	w.stop()
	w.start()
	bob.sync()
	if got, _, err := bob.fetch(id, 0); err != nil || !bytes.Equal(got, data) {
		t.Errorf("fetched %d bytes, %v; want %d", len(got), err, len(data))
	}
	if n := requests.Load(); n < 4 {
		t.Errorf("%d requests; want some that broke", n)
	}
}

// Who isn't in a room that refers to a blob doesn't get it; who takes the message back
// takes it from everyone.
func TestFetchOfWhatIsGone(t *testing.T) {
	w, alice, bob, room := keeping(t)
	ctx := t.Context()
	id, err := alice.Attach(ctx, room, client.Outgoing{}, []client.File{fileOf("a.bin", "a/b", bytesOfSize(100))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	alice.sync()
	bob.sync()
	v := bob.last()
	mallory := w.signUp("mallory")
	mallory.sendTo("hello", "alice")
	blobs := blobsOf(t, w)
	token, _, err := mallory.SessionToken(ctx)
	mallory.ok(err)
	for _, r := range []identity.Room{room, mallory.room().Room} {
		if _, err := blobs.Blob(ctx, token, r, v.Media.Attachments[0].Blob, 0, 0); err == nil {
			t.Errorf("mallory gets the blob by %s", r)
		}
	}
	if _, err := alice.Unsend(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, _, err := bob.fetch(id, 0); err == nil {
		t.Error("bob has it before he knows, and the server serves it")
	} else if !errors.Is(err, &wire.Error{Code: wire.CodeUnknownBlob}) {
		t.Errorf("bob's fetch: %v; want unknown_blob", err)
	}
	bob.sync()
	if _, _, err := bob.fetch(id, 0); !errors.Is(err, client.ErrUnknownMessage) {
		t.Errorf("after bob knows: %v; want ErrUnknownMessage", err)
	}
}

func blobsOf(t *testing.T, w *world) client.Blobs {
	t.Helper()
	tr, err := nettransport.New(w.url, nettransport.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tr.Close() })
	return tr
}

// A forward is the same blob: fetched by who never was in the first room, and not
// uploaded again.
func TestFetchForwarded(t *testing.T) {
	w, alice, bob, room := keeping(t)
	ctx := t.Context()
	carol := w.signUp("carol")
	bob.sendTo("hi", "carol")
	carol.sync()
	data := bytesOfSize(5000)
	id, err := alice.Attach(ctx, room, client.Outgoing{}, []client.File{fileOf("a.bin", "a/b", data)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	alice.sync()
	bob.sync()
	bob.ok(bob.Forward(ctx, id, []identity.Room{bob.direct("carol")}))
	bob.sync()
	carol.sync()
	v := carol.last()
	got, a, err := carol.fetch(v.ID, 0)
	if err != nil || !bytes.Equal(got, data) || !v.Forwarded || a.Blob != alice.last().Media.Attachments[0].Blob {
		t.Fatalf("carol fetches %d bytes, %v", len(got), err)
	}
	if _, err := alice.Unsend(ctx, id); err != nil {
		t.Fatal(err)
	}
	if got, _, err := carol.fetch(v.ID, 0); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the first one was taken back, and the forward with it: %v", err)
	}
}

// What is to be viewed once is fetched once.
func TestFetchOnce(t *testing.T) {
	w, alice, bob, room := keeping(t)
	ctx := t.Context()
	id, err := alice.Attach(ctx, room, client.Outgoing{ViewOnce: true}, []client.File{fileOf("a.jpg", "image/jpeg", bytesOfSize(100))}, nil)
	if err != nil {
		t.Fatal(err)
	}
	alice.sync()
	bob.sync()
	if _, _, err := alice.fetch(id, 0); !errors.Is(err, client.ErrUnknownMessage) {
		t.Errorf("its author fetches it: %v; want ErrUnknownMessage", err)
	}
	a := bob.last().Media.Attachments[0]
	if got, _, err := bob.fetch(id, 0); err != nil || len(got) != 100 {
		t.Fatalf("bob fetches %d bytes, %v", len(got), err)
	}
	if _, _, err := bob.fetch(id, 0); !errors.Is(err, client.ErrUnknownMessage) {
		t.Errorf("again: %v; want ErrUnknownMessage", err)
	}
	bob.sync()
	alice.sync()
	alice.sync()
	if v, err := alice.Lookup(ctx, id); err != nil || !v.Media.Opened {
		t.Errorf("alice sees %+v, %v", v, err)
	}
	token, _, err := bob.SessionToken(ctx)
	bob.ok(err)
	if _, err := blobsOf(t, w).Blob(ctx, token, room, a.Blob, 0, 0); !errors.Is(err, &wire.Error{Code: wire.CodeUnknownBlob}) {
		t.Errorf("the server serves it still: %v; want unknown_blob", err)
	}
}

// A badBlobs is a server that sends other bytes than were uploaded.
type badBlobs struct {
	client.Transport
	client.Blobs
	change func([]byte) []byte
}

// Blob implements [client.Blobs].
func (b badBlobs) Blob(ctx context.Context, token []byte, room identity.Room, blob [32]byte, from, to int64) (io.ReadCloser, error) {
	r, err := b.Blobs.Blob(ctx, token, room, blob, from, to)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	all, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return io.NopCloser(bytes.NewReader(b.change(all))), nil
}

// Whatever a server makes of a blob, it isn't taken for what was sent.
func TestFetchOfWhatWasChanged(t *testing.T) {
	w, alice, bob, room := keeping(t)
	data := bytesOfSize(100_000)
	id, err := alice.Attach(t.Context(), room, client.Outgoing{}, []client.File{fileOf("a.bin", "a/b", data)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	alice.sync()
	bob.sync()
	blobs := blobsOf(t, w)
	for name, change := range map[string]func([]byte) []byte{
		"a bit in the head":  func(b []byte) []byte { b[3] ^= 1; return b },
		"a bit in a chunk":   func(b []byte) []byte { b[20_000] ^= 1; return b },
		"a bit at the end":   func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"shorter":            func(b []byte) []byte { return b[:len(b)-1] },
		"shorter by a chunk": func(b []byte) []byte { return b[:len(b)-16_400] },
		"longer":             func(b []byte) []byte { return append(b, 0) },
		"chunks in another order": func(b []byte) []byte {
			first := bytes.Clone(b[56 : 56+16_400])
			copy(b[56:], b[56+16_400:56+2*16_400])
			copy(b[56+16_400:], first)
			return b
		},
		"nothing": func([]byte) []byte { return nil },
	} {
		bob.reopen(func(cfg *client.Config) { cfg.Transport = badBlobs{cfg.Transport, blobs, change} })
		got, _, err := bob.fetch(id, 0)
		if !errors.Is(err, client.ErrBadBlob) {
			t.Errorf("%s: %v; want ErrBadBlob", name, err)
		}
		if !bytes.HasPrefix(data, got) {
			t.Errorf("%s: what was written isn't a part of what was sent", name)
		}
	}
}

// A member that lies about an attachment's size or hash gets it refused by who fetches.
func TestFetchOfLies(t *testing.T) {
	_, alice, bob, room := keeping(t)
	ctx := t.Context()
	data := bytesOfSize(10_000)
	id, err := alice.Attach(ctx, room, client.Outgoing{}, []client.File{fileOf("a.bin", "a/b", data)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	alice.sync()
	honest := alice.last().Media.Attachments[0]
	for name, lie := range map[string]func(a *client.Attachment){
		"a smaller size": func(a *client.Attachment) { a.Size-- },
		"a larger size":  func(a *client.Attachment) { a.Size++ },
		"another hash":   func(a *client.Attachment) { a.Hash[0] ^= 1 },
		"another key":    func(a *client.Attachment) { a.Key[0] ^= 1 },
		"a sealed size":  func(a *client.Attachment) { a.Sealed++ },
	} {
		a := honest
		lie(&a)
		said := alice.post(client.Outgoing{Attachments: []client.Attachment{a}})
		bob.sync()
		if _, _, err := bob.fetch(said, 0); !errors.Is(err, client.ErrBadBlob) {
			t.Errorf("%s: %v; want ErrBadBlob", name, err)
		}
	}
	if got, _, err := bob.fetch(id, 0); err != nil || !bytes.Equal(got, data) {
		t.Errorf("the honest one: %v", err)
	}
}

// Without blobs, or over a quota, nothing is queued.
func TestAttachWithoutRoom(t *testing.T) {
	w, alice, _, room := keeping(t)
	ctx := t.Context()
	file := func() []client.File { return []client.File{fileOf("a.bin", "a/b", bytesOfSize(30_000))} }
	w.stop()
	w.blobs.Quota = 50_000
	w.start()
	alice.restart()
	if _, err := alice.Attach(ctx, room, client.Outgoing{}, file(), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := alice.Attach(ctx, room, client.Outgoing{}, file(), nil); !errors.Is(err, &wire.Error{Code: wire.CodeQuota}) {
		t.Errorf("over the quota: %v; want quota", err)
	}
	w.stop()
	w.blobs = server.BlobConfig{}
	w.start()
	alice.restart()
	if _, err := alice.Attach(ctx, room, client.Outgoing{}, file(), nil); !errors.Is(err, client.ErrNoBlobs) {
		t.Errorf("a server without: %v; want ErrNoBlobs", err)
	}
	timeout, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	w.stop()
	alice.restart()
	if _, err := alice.Attach(timeout, room, client.Outgoing{}, file(), nil); !errors.Is(err, client.ErrOffline) {
		t.Errorf("without a connection: %v; want ErrOffline", err)
	}
}
