package server_test

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"parley/server"
	"parley/server/clientapi/apitest"
	"parley/wire"
)

// What a decision took down is there again when it is taken back: for as long as
// people may appeal, and unless something else took it down too.
func TestBlobRestored(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	room, content := s.Room(alice, bob), apitest.Content(100)
	blob := alice.MustUpload(content)
	must(t, 0, alice.Send(room, blob))
	restore := func(what, decision string, want bool) {
		t.Helper()
		got, err := s.Server.RestoreBlob(t.Context(), blob, decision)
		if err != nil || got != want {
			t.Errorf("%s: served %v, %v; want %v", what, got, err, want)
		}
	}
	restore("what nobody took down", "d-1", true)
	must(t, 0, s.Server.TakeDownBlobBy(t.Context(), blob, "d-1"))
	must(t, 0, s.Server.TakeDownBlobBy(t.Context(), blob, "d-1")) // repeated
	must(t, 0, s.Server.TakeDownBlobBy(t.Context(), blob, "d-2"))
	restore("by a decision that didn't", "d-3", false)
	restore("by nobody", "", false)
	restore("by one of two", "d-1", false)
	refused(t, "what another decision took down", readable(bob, s, room, blob), wire.CodeBlobTaken)
	s.Pass(180 * day)
	restore("by the other", "d-2", true)
	expectServed(t, s, bob, room, blob)
	restore("again", "d-2", true)
	must(t, 0, uploadAgain(alice, content))
	s.Pass(10 * day) // when it would have been deleted
	expectServed(t, s, bob, room, blob)

	must(t, 0, s.Server.TakeDownBlobBy(t.Context(), blob, "d-4"))
	must(t, 0, s.Server.TakeDownBlob(t.Context(), blob)) // the operator, for good
	restore("what the operator took down", "d-4", false)
	refused(t, "what the operator took down", readable(bob, s, room, blob), wire.CodeBlobTaken)
}

func uploadAgain(p *apitest.Person, content []byte) error {
	_, err := p.Upload(content)
	return err
}

// What nobody refers to any more isn't kept for an appeal; nor is it served again.
func TestBlobRestoredLate(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice, bob := s.Person("alice"), s.Person("bob")
	room := s.Room(alice, bob)
	given, kept := alice.MustUpload(apitest.Content(100)), alice.MustUpload(apitest.Content(200))
	must(t, 0, alice.Send(room, given))
	must(t, 0, alice.Send(room, kept))
	for _, b := range []server.BlobID{given, kept} {
		must(t, 0, s.Server.TakeDownBlobBy(t.Context(), b, "d-1"))
	}
	req := alice.Sending(room)
	req.Release = [][]byte{given[:]}
	if _, err := s.Server.Send(t.Context(), alice.Device, req); err != nil {
		t.Fatal(err)
	}
	s.Pass(evidence + day)
	s.Pass(time.Hour)
	expectKept(t, s, given, false)
	expectKept(t, s, kept, true)
	s.Pass(183 * day)
	expectKept(t, s, kept, false)
	for _, b := range []server.BlobID{given, kept} {
		if served, err := s.Server.RestoreBlob(t.Context(), b, "d-1"); err != nil || served {
			t.Errorf("what is gone: served %v, %v", served, err)
		}
	}
	refused(t, "what is gone", readable(bob, s, room, kept), wire.CodeUnknownBlob)
	again := alice.MustUpload(apitest.Content(200)) // it isn't kept out any more
	must(t, 0, alice.Send(room, again))
	expectServed(t, s, bob, room, again)
}

// What was never there is kept out, until that is taken back.
func TestBlobKeptOut(t *testing.T) {
	s := apitest.New(t, apitest.Options{})
	alice := s.Person("alice")
	content := apitest.Content(100)
	blob := server.BlobID(sha256.Sum256(content))
	if err := s.Server.TakeDownBlobBy(t.Context(), blob, "d-1"); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("one that isn't there: %v; want ErrNotFound", err)
	}
	refused(t, "uploading it", uploadAgain(alice, content), wire.CodeBlobTaken)
	if served, err := s.Server.RestoreBlob(t.Context(), blob, "d-1"); err != nil || served {
		t.Errorf("taken back: served %v, %v", served, err)
	}
	must(t, 0, uploadAgain(alice, content))
}
