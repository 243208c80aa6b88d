package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/mls/public"
	"parley/server"
	"parley/server/clientapi/apitest"
	"parley/server/pebblestore"
	"parley/wire"
)

const (
	day      = 24 * time.Hour
	evidence = 14 * day
)

// readable reports whether p is served blob in room.
func readable(p *apitest.Person, s *apitest.Site, room identity.Room, blob server.BlobID) error {
	content, err := s.Server.BlobIn(s.TB.Context(), p.Session(), room, blob)
	if err != nil {
		return err
	}
	r, err := content.Open(s.TB.Context(), 0, content.Size)
	if err != nil {
		return err
	}
	defer r.Close()
	if n, err := io.Copy(io.Discard, r); err != nil || n < content.Size {
		s.TB.Errorf("read %d of %d bytes, %v", n, content.Size, err)
	}
	return nil
}

func expectServed(t *testing.T, s *apitest.Site, p *apitest.Person, room identity.Room, blob server.BlobID) {
	t.Helper()
	if err := readable(p, s, room, blob); err != nil {
		t.Errorf("%s isn't served the blob: %v", p.Account.Name(), err)
	}
}

// kept reports whether there are bytes of blob.
func kept(t *testing.T, s *apitest.Site, blob server.BlobID) bool {
	t.Helper()
	r, err := s.Blobs.Open(t.Context(), blob, 0, 1)
	if errors.Is(err, server.ErrNotFound) {
		return false
	}
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	return true
}

func expectKept(t *testing.T, s *apitest.Site, blob server.BlobID, want bool) {
	t.Helper()
	if got := kept(t, s, blob); got != want {
		t.Errorf("the bytes are kept: %v; want %v", got, want)
	}
}

func TestBlobOrphan(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	room := s.Room(alice, bob)
	orphan, used := alice.MustUpload(apitest.Content(100)), alice.MustUpload(apitest.Content(100))
	must(t, 0, alice.Send(room, used))
	refused(t, "an orphan", readable(alice, s, room, orphan), wire.CodeUnknownBlob)
	s.Pass(day - time.Hour)
	expectKept(t, s, orphan, true)
	s.Pass(2 * time.Hour)
	expectKept(t, s, orphan, false)
	refused(t, "a message with it", alice.Send(room, orphan), wire.CodeUnknownBlob)
	expectServed(t, s, bob, room, used)
}

// TestBlobUploadedAnew: what is uploaded again waits for its message again.
func TestBlobUploadedAnew(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice := s.Person("alice")
	room, content := s.Room(alice), apitest.Content(100)
	alice.MustUpload(content)
	s.Pass(day - time.Minute)
	blob := alice.MustUpload(content)
	s.Pass(time.Hour)
	expectKept(t, s, blob, true)
	must(t, 0, alice.Send(room, blob))
	expectServed(t, s, alice, room, blob)
	s.Pass(day)
	expectServed(t, s, alice, room, blob)
}

// TestBlobReleased: what nobody refers to is kept for the evidence window, and
// not served.
func TestBlobReleased(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	room, other := s.Room(alice, bob), s.Room(alice)
	blob := alice.MustUpload(apitest.Content(100))
	must(t, 0, alice.Send(room, blob))
	must(t, 0, alice.Send(other, blob))
	release := func(p *apitest.Person, room identity.Room) {
		t.Helper()
		req := p.Sending(room)
		req.Release = [][]byte{blob[:], make([]byte, wire.BlobIDSize)}
		if _, err := s.Server.Send(t.Context(), p.Device, req); err != nil {
			t.Fatal(err)
		}
	}
	release(bob, room) // it isn't his
	expectServed(t, s, bob, room, blob)
	release(alice, room)
	refused(t, "what was given up", readable(bob, s, room, blob), wire.CodeUnknownBlob)
	expectServed(t, s, alice, other, blob)
	s.Pass(evidence + day)
	expectServed(t, s, alice, other, blob) // it is referred to
	release(alice, other)
	s.Pass(evidence - time.Hour)
	expectKept(t, s, blob, true)
	must(t, 0, alice.Send(other, blob)) // who still has it may send it again
	expectServed(t, s, alice, other, blob)
	release(alice, other)
	s.Pass(evidence - time.Hour)
	expectKept(t, s, blob, true)
	s.Pass(2 * time.Hour)
	expectKept(t, s, blob, false)
}

func TestBlobUntil(t *testing.T) {
	s := apitest.New(t, apitest.Options{Blobs: server.BlobConfig{Retention: 30 * day}})
	alice, bob := s.Person("alice"), s.Person("bob")
	room := s.Room(alice, bob)
	short, long := alice.MustUpload(apitest.Content(100)), alice.MustUpload(apitest.Content(100))
	send := func(blob server.BlobID, until time.Duration) error {
		req := alice.Sending(room, blob)
		req.BlobsUntilMS = s.Now().Add(until).UnixMilli()
		_, err := s.Server.Send(t.Context(), alice.Device, req)
		return err
	}
	must(t, 0, send(short, 2*time.Hour))
	must(t, 0, send(short, time.Hour)) // the later one counts
	must(t, 0, send(long, 1000*day))   // no longer than the server keeps references
	refused(t, "what has expired already", send(short, -time.Hour), wire.CodeBadRequest)
	s.Pass(90 * time.Minute)
	expectServed(t, s, bob, room, short)
	s.Pass(time.Hour)
	refused(t, "what expired", readable(bob, s, room, short), wire.CodeUnknownBlob)
	expectKept(t, s, short, true)
	s.Pass(evidence)
	expectKept(t, s, short, false)
	expectServed(t, s, bob, room, long)
	s.Pass(17 * day)
	refused(t, "what expired", readable(bob, s, room, long), wire.CodeUnknownBlob)
}

// TestBlobRepeated: a request that is repeated gets the first reply, and adds
// nothing.
func TestBlobRepeated(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	room := s.Room(alice, bob)
	one, two := alice.MustUpload(apitest.Content(100)), alice.MustUpload(apitest.Content(100))
	req := alice.Sending(room, one)
	first, err := s.Server.Send(t.Context(), alice.Device, req)
	must(t, 0, err)
	req.Blobs = [][]byte{two[:]}
	again, err := s.Server.Send(t.Context(), alice.Device, req)
	if err != nil || *again != *first {
		t.Errorf("repeated: %+v, %v; want %+v", again, err, first)
	}
	refused(t, "a blob of the repetition", readable(bob, s, room, two), wire.CodeUnknownBlob)
	must(t, 0, s.Server.TakeDownBlob(t.Context(), one))
	req.Blobs = [][]byte{one[:]}
	again, err = s.Server.Send(t.Context(), alice.Device, req)
	if err != nil || *again != *first {
		t.Errorf("repeated after it was taken down: %+v, %v; want %+v", again, err, first)
	}
	req.Blobs, req.Release = nil, [][]byte{one[:]}
	if again, err = s.Server.Send(t.Context(), alice.Device, req); err != nil || *again != *first {
		t.Errorf("a repetition that gives up: %+v, %v", again, err)
	}
}

func TestBlobQuota(t *testing.T) {
	s := apitest.New(t, apitest.Options{Blobs: server.BlobConfig{Quota: 20 << 10}})
	alice, bob := s.Person("alice"), s.Person("bob")
	room := s.Room(alice, bob)
	full := func(what string, err error) { t.Helper(); refused(t, what, err, wire.CodeQuota) }
	first := alice.MustUpload(apitest.Content(10 << 10))
	must(t, 0, alice.Send(room, first))
	alice.MustUpload(apitest.Content(1)) // counts as 4 KiB
	_, err := s.Server.BeginUpload(t.Context(), alice.Session(), 6<<10+1)
	full("too much", err)
	u, err := s.Server.BeginUpload(t.Context(), alice.Session(), 5<<10)
	must(t, u, err)
	_, err = s.Server.BeginUpload(t.Context(), alice.Session(), 5<<10)
	full("too much with what is being uploaded", err)
	must(t, 0, s.Server.CancelUpload(t.Context(), alice.Session(), u.ID))
	u, err = s.Server.BeginUpload(t.Context(), alice.Session(), 5<<10)
	must(t, u, err)

	for range 2 { // what bob forwards is his, too, once
		must(t, 0, bob.Send(room, first))
	}
	second := bob.MustUpload(apitest.Content(9 << 10))
	_, err = bob.Upload(apitest.Content(4 << 10))
	full("too much with a forward", err)
	must(t, 0, alice.Send(room, first)) // no more of the same
	must(t, 0, bob.Send(room, second))
	full("a forward", alice.Send(room, second))
	s.Pass(day + time.Hour) // the orphan goes, and the upload
	must(t, 0, alice.Send(room, second))
}

func TestBlobForward(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob, carol, eve := s.Person("alice"), s.Person("bob"), s.Person("carol"), s.Person("eve")
	ab, bc, ce := s.Room(alice, bob), s.Room(bob, carol), s.Room(carol, eve)
	blob := alice.MustUpload(apitest.Content(100))
	refused(t, "somebody else's orphan", bob.Send(bc, blob), wire.CodeUnknownBlob)
	must(t, 0, alice.Send(ab, blob))
	refused(t, "a blob of a room that one isn't in", carol.Send(ce, blob), wire.CodeUnknownBlob)
	must(t, 0, bob.Send(bc, blob))
	expectServed(t, s, carol, bc, blob)
	refused(t, "a room that one isn't in", readable(carol, s, ab, blob), wire.CodeUnknownBlob)
	must(t, 0, carol.Send(ce, blob))
	expectServed(t, s, eve, ce, blob)
	// What alice gives up lives on where it was forwarded.
	req := alice.Sending(ab)
	req.Release = [][]byte{blob[:]}
	if _, err := s.Server.Send(t.Context(), alice.Device, req); err != nil {
		t.Fatal(err)
	}
	s.Pass(evidence + day)
	expectServed(t, s, eve, ce, blob)
	refused(t, "what was given up", readable(bob, s, ab, blob), wire.CodeUnknownBlob)
	// Taken down, it is in no room any more.
	must(t, 0, s.Server.TakeDownBlob(t.Context(), blob))
	for _, p := range []*apitest.Person{carol, eve} {
		refused(t, "what was taken down", readable(p, s, ce, blob), wire.CodeBlobTaken)
	}
	refused(t, "what was taken down", readable(bob, s, bc, blob), wire.CodeBlobTaken)
	refused(t, "a forward of it", eve.Send(s.Room(eve), blob), wire.CodeBlobTaken)
	refused(t, "a stranger to it", readable(alice, s, ce, blob), wire.CodeUnknownBlob)
}

// What very many rooms have is forwarded by who says from where, if it is there: not from a
// room that one isn't in, nor one that hasn't got it.
func TestBlobForwardedOften(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	blob := alice.MustUpload(apitest.Content(100))
	nth := func(i int) identity.Room { // in order
		name := binary.BigEndian.AppendUint32(make([]byte, 12), uint32(i))
		return identity.Room("mimi://" + apitest.Domain + "/r/" + base64.RawURLEncoding.EncodeToString(name))
	}
	for i := range 4096 {
		s.OpenRoom(nth(i), alice)
		if err := alice.Send(nth(i), blob); err != nil {
			t.Fatalf("room %d: %v", i, err)
		}
	}
	last, other, to := nth(4096), s.Room(alice, bob), s.Room(bob)
	s.OpenRoom(last, alice, bob)
	must(t, 0, alice.Send(last, blob))
	forward := func(from identity.Room) error {
		req := bob.Sending(to, blob)
		req.BlobsFrom = from
		_, err := s.Server.Send(t.Context(), bob.Device, req)
		return err
	}
	for name, from := range map[string]identity.Room{
		"from nowhere": "", "from a room that one isn't in": nth(7),
		"from a room that hasn't got it": other, "from no room": "last\x00alice",
	} {
		refused(t, name, forward(from), wire.CodeUnknownBlob)
	}
	must(t, 0, forward(last))
	expectServed(t, s, bob, to, blob)
}

func TestBlobTakenDown(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	room, content := s.Room(alice, bob), apitest.Content(100)
	blob := alice.MustUpload(content)
	must(t, 0, alice.Send(room, blob))
	for range 2 {
		must(t, 0, s.Server.TakeDownBlob(t.Context(), blob))
	}
	if err := s.Server.TakeDownBlob(t.Context(), server.BlobID{1}); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("an unknown one: %v; want ErrNotFound", err)
	}
	expectKept(t, s, blob, true) // for reports
	_, err := bob.Upload(content)
	refused(t, "the same bytes again", err, wire.CodeBlobTaken)
	s.Pass(evidence + time.Hour)
	expectKept(t, s, blob, true) // for an appeal
	s.Pass(183 * day)
	expectKept(t, s, blob, false)
	_, err = alice.Upload(content)
	refused(t, "the same bytes after it was deleted", err, wire.CodeBlobTaken)
	refused(t, "it", readable(bob, s, room, blob), wire.CodeBlobTaken)
}

func TestBlobForm(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice := s.Person("alice")
	room := s.Room(alice)
	for what, c := range map[string]struct {
		blobs, release [][]byte
		code           wire.Code
	}{
		"a short name":    {[][]byte{make([]byte, 31)}, nil, wire.CodeBadRequest},
		"a long release":  {nil, [][]byte{make([]byte, 33)}, wire.CodeBadRequest},
		"too many":        {make([][]byte, wire.MaxMessageBlobs+1), nil, wire.CodeTooLarge},
		"too many to end": {nil, make([][]byte, wire.MaxMessageBlobs+1), wire.CodeTooLarge},
		"one unknown":     {[][]byte{make([]byte, 32)}, nil, wire.CodeUnknownBlob},
	} {
		req := alice.Sending(room)
		req.Blobs, req.Release = c.blobs, c.release
		_, err := s.Server.Send(t.Context(), alice.Device, req)
		refused(t, what, err, c.code)
	}
	// All of a message's blobs, or none.
	blob := alice.MustUpload(apitest.Content(10))
	refused(t, "one known, one unknown", alice.Send(room, blob, server.BlobID{1}), wire.CodeUnknownBlob)
	refused(t, "the known one", readable(alice, s, room, blob), wire.CodeUnknownBlob)
}

// TestBlobAfterRefusal: a message that isn't taken refers to nothing.
func TestBlobAfterRefusal(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	room := s.Room(alice)
	blob := bob.MustUpload(apitest.Content(10))
	refused(t, "a stranger's message", bob.Send(room, blob), wire.CodeUnknownRoom)
	refused(t, "its blob", readable(alice, s, room, blob), wire.CodeUnknownBlob)
}

// A slowDelete does something before bytes are deleted.
type slowDelete struct {
	server.Blobs
	before func(server.BlobID)
}

func (d *slowDelete) Delete(ctx context.Context, b server.BlobID) error {
	d.before(b)
	return d.Blobs.Delete(ctx, b)
}

// TestSweepAgainstReference: who comes while a blob is being deleted is refused,
// for a while; nobody is told yes and loses it.
func TestSweepAgainstReference(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice := s.Person("alice")
	room, content := s.Room(alice), apitest.Content(100)
	blob := alice.MustUpload(content)
	did := 0
	cfg := server.Config{
		Store: s.Store, Domain: apitest.Domain, Origins: []string{s.URL}, Suites: []*public.Suite{suite}, Now: s.Now,
		Blobs: server.BlobConfig{Store: &slowDelete{s.Blobs, func(server.BlobID) {
			did++
			refused(t, "a reference during the deletion", alice.Send(room, blob), wire.CodeUnknownBlob)
			_, err := alice.Upload(content)
			refused(t, "the same bytes during the deletion", err, wire.CodeUnavailable)
		}}},
	}
	sweeper, err := server.New(t.Context(), cfg)
	must(t, sweeper, err)
	t.Cleanup(sweeper.Close)
	// The site's clock goes on, but this server sweeps.
	later := s.Now().Add(day + time.Hour)
	cfg.Now = func() time.Time { return later }
	other, err := server.New(t.Context(), cfg)
	must(t, other, err)
	t.Cleanup(other.Close)
	must(t, 0, other.Sweep(t.Context()))
	if did != 1 {
		t.Fatalf("%d deletions; want 1", did)
	}
	expectKept(t, s, blob, false)
	alice.MustUpload(content) // and now it comes anew
	must(t, 0, alice.Send(room, blob))
	expectServed(t, s, alice, room, blob)
}

// A sweepCount counts the sweeps of a store.
type sweepCount struct {
	server.Store
	sweeps int
}

func (c *sweepCount) Sweep(ctx context.Context, l server.SweepLimits) error {
	c.sweeps++
	return c.Store.Sweep(ctx, l)
}

// A goneBlobs is a blob store that deletes nothing.
type goneBlobs struct{ server.Blobs }

func (goneBlobs) Delete(context.Context, server.BlobID) error { return server.ErrUnavailable }

// TestSweepWithoutBlobStore: messages go in their time also while the blob store is away.
func TestSweepWithoutBlobStore(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	s.Person("alice").MustUpload(apitest.Content(100))
	later := s.Now().Add(day + time.Hour)
	store := &sweepCount{Store: s.Store}
	other, err := server.New(t.Context(), server.Config{
		Store: store, Domain: apitest.Domain, Origins: []string{s.URL}, Suites: []*public.Suite{suite},
		Now: func() time.Time { return later }, Blobs: server.BlobConfig{Store: goneBlobs{s.Blobs}},
	})
	must(t, other, err)
	t.Cleanup(other.Close)
	if err := other.Sweep(t.Context()); !errors.Is(err, server.ErrUnavailable) || store.sweeps != 1 {
		t.Errorf("%d sweeps of the store, %v; want 1, and that the blob store is away", store.sweeps, err)
	}
}

// TestBlobHistories: people upload, send, give up and forward at once, while the
// server sweeps and time passes: what a message refers to is always served.
func TestBlobHistories(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) server.Store{
		"memstore":    func(*testing.T) server.Store { return nil },
		"pebblestore": openPebble,
	} {
		t.Run(name, func(t *testing.T) { blobHistory(t, open(t)) })
	}
}

func openPebble(t *testing.T) server.Store {
	t.Helper()
	s, err := pebblestore.Open(t.TempDir(), pebblestore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func blobHistory(t *testing.T, store server.Store) {
	s := apitest.New(t, apitest.Options{Store: store, Blobs: server.BlobConfig{Evidence: time.Hour}, Rates: server.Rates{Upload: server.Rate{Burst: -1, Every: 1}, Session: server.Rate{Burst: -1, Every: 1}}})
	people := []*apitest.Person{s.Person("alice"), s.Person("bob"), s.Person("carol")}
	room := s.Room(people...)
	contents := [][]byte{apitest.Content(100), apitest.Content(200), apitest.Content(300)}
	var group sync.WaitGroup
	done, steps := make(chan struct{}), make(chan struct{})
	sweeps := 0
	sessions := []*server.Session{people[0].Session(), people[1].Session(), people[2].Session()} // before time passes
	for i, p := range people {
		session := sessions[i]
		group.Go(func() { blobLife(t, s, p, session, room, contents, steps, rand.New(rand.NewPCG(1, uint64(i)))) })
	}
	go func() { group.Wait(); close(done) }()
	for {
		select {
		case <-done:
			if n := s.Server.Stats(); sweeps < 2 || n.Downloads < 10 || n.BlobsDeleted == 0 {
				t.Errorf("%d sweeps, %d served, %d deleted: nothing was shown", sweeps, n.Downloads, n.BlobsDeleted)
			}
			return
		case <-steps: // an hour for each, or somebody who is held up would be overtaken by weeks
			sweeps++
			s.Pass(time.Hour)
		}
	}
}

// blobLife is what one person does. What p's own message refers to must be served
// until p gives it up.
func blobLife(t *testing.T, s *apitest.Site, p *apitest.Person, session *server.Session, room identity.Room, contents [][]byte, steps chan<- struct{}, random *rand.Rand) {
	for range 60 {
		steps <- struct{}{}
		content := contents[random.IntN(len(contents))]
		blob, err := upload(s, session, content)
		if code(err) == wire.CodeUnavailable { // it is just being deleted
			continue
		}
		if err == nil {
			steps <- struct{}{}
			err = p.Send(room, blob)
		}
		if code(err) == wire.CodeUnknownBlob || code(err) == wire.CodeUnavailable { // a day passed in between
			continue
		}
		if err != nil {
			t.Error(err)
			return
		}
		steps <- struct{}{}
		b, err := s.Server.BlobIn(t.Context(), session, room, blob)
		if err != nil {
			t.Errorf("a message refers to it, and it isn't served: %v", err)
			return
		}
		r, err := b.Open(t.Context(), 0, b.Size)
		if err != nil {
			t.Errorf("a message refers to it, and it isn't there: %v", err)
			return
		}
		got, err := io.ReadAll(r)
		r.Close()
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		if random.IntN(2) == 0 {
			req := p.Sending(room)
			req.Release = [][]byte{blob[:]}
			if _, err := s.Server.Send(t.Context(), p.Device, req); err != nil && code(err) != wire.CodeUnavailable {
				t.Error(err)
			}
		}
	}
}

func upload(s *apitest.Site, session *server.Session, content []byte) (server.BlobID, error) {
	u, err := s.Server.BeginUpload(s.TB.Context(), session, int64(len(content)))
	if err == nil {
		u, err = s.Server.AppendUpload(s.TB.Context(), session, u.ID, server.Part{Size: int64(len(content)), Body: bytes.NewReader(content)})
	}
	if err != nil {
		return server.BlobID{}, err
	}
	return u.Blob, nil
}

func code(err error) wire.Code {
	if err == nil {
		return ""
	}
	return server.AsWire(err).Code
}
