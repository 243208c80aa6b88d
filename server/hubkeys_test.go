package server_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"parley/franking"
	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// holds reports whether anything in w's store has b in it.
func (w *world) holds(b []byte) bool {
	w.t.Helper()
	found := false
	err := w.store.(server.Dumper).Dump(w.t.Context(), func(r *server.Record) error {
		found = found || bytes.Contains(cbor.MustMarshal(r), b)
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// hubKeys returns the hub keys in w's store.
func (w *world) hubKeys() (keys [][]byte) {
	w.t.Helper()
	entries, err := w.store.EntryRange(w.t.Context(), "Fh", "Fi", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		keys = append(keys, e.Value[len(e.Value)-franking.HubKeySize:])
	}
	return keys
}

// TestHubKeysGo: each week has its hub key, each is destroyed 180 days after its week, and what it
// franked stands by its signature from then on.
func TestHubKeysGo(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	alice.sendTagged(room, "x")
	e, tag := bob.newestMail(), tagOf("x")
	proof, context := proofOf(t, e)
	key := w.hubKeys()[0]
	for range 26 {
		w.pass(7 * day)
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		ok, err := w.FrankingKeys().Verify(t.Context(), tag[:], e.Franking.Frank, context)
		if age := w.time().Sub(time.UnixMilli(e.AcceptedMS)); age < 180*day && (!ok || err != nil) {
			t.Fatalf("after %v: %t, %v", age, ok, err)
		}
	}
	if n := len(w.hubKeys()); n < 26 || n > 28 {
		t.Errorf("%d hub keys are kept", n)
	}
	w.pass(7 * day)
	if !w.holds(key) {
		t.Fatal("the search doesn't find a key that is there")
	}
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.holds(key) {
		t.Error("the store still holds a hub key after its time")
	}
	if ok, err := w.FrankingKeys().Verify(t.Context(), tag[:], e.Franking.Frank, context); ok || !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Verify without the key: %t, %v; want ErrNotFound", ok, err)
	}
	if err := proof.Verify(w.keysFrom(w.extension(wire.KindDirect).FrankingKey)[0].Key, tag[:], e.Franking.Frank, context); err != nil {
		t.Errorf("the signature: %v", err)
	}
	// A new message has another hub key.
	alice.open()
	alice.sendTagged(room, "y")
	bob.open()
	if now := bob.newestMail(); bytes.Equal(now.Franking.HubKey, e.Franking.HubKey) {
		t.Error("half a year later the hub key is the same")
	}
}

// TestHubKeyOfAnotherStore: a frank made with another key of the same week isn't
// called forged: it is unknown.
func TestHubKeyOfAnotherStore(t *testing.T) {
	here, there := newWorld(t), newWorld(t)
	alice, bob := there.person("alice"), there.person("bob")
	alice.sendTagged(alice.room(wire.KindDirect, bob), "x")
	e, tag := bob.newestMail(), tagOf("x")
	_, context := proofOf(t, e)
	if ok, err := here.FrankingKeys().Verify(t.Context(), tag[:], e.Franking.Frank, context); ok || !errors.Is(err, server.ErrNotFound) {
		t.Errorf("Verify = %t, %v; want ErrNotFound", ok, err)
	}
}

// TestRotate: from its time on a new key signs. Old rooms follow it by the chain
// from what they pinned, new ones pin it, and the old one is destroyed.
func TestRotate(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	pinned := w.extension(wire.KindDirect).FrankingKey
	other := w.another()
	when := w.time().Add(2 * time.Hour)
	if _, err := w.FrankingKeys().Rotate(t.Context(), w.time(), when); err != nil {
		t.Fatal(err)
	}
	if _, err := w.FrankingKeys().Rotate(t.Context(), w.time(), when); !errors.Is(err, server.ErrRotating) {
		t.Errorf("a second rotation meanwhile: %v; want ErrRotating", err)
	}
	if now := w.extension(wire.KindDirect).FrankingKey; !bytes.Equal(now, pinned) {
		t.Error("new rooms pin the key before its time")
	}
	if err := other.Sweep(t.Context()); err != nil { // it learns of it
		t.Fatal(err)
	}
	check := func(what string, from *world, index int) {
		t.Helper()
		req := alice.tagging(room, franking.AAD(tagOf("x")), "x")
		if _, err := from.Send(t.Context(), alice.name, req); err != nil {
			t.Fatal(err)
		}
		e, tag := bob.newestMail(), tagOf("x")
		proof, context := proofOf(t, e)
		keys := w.keysFrom(pinned)
		for i, k := range keys {
			if err := proof.Verify(k.Key, tag[:], e.Franking.Frank, context); (err == nil) != (i == index) {
				t.Errorf("%s: key %d: %v", what, i, err)
			}
		}
		if !keys[index].Good(e.AcceptedMS) {
			t.Errorf("%s: key %d isn't good then", what, index)
		}
	}
	check("before", w, 0)
	check("before, on another node", other, 0)
	w.pass(2 * time.Hour)
	other.pass(2 * time.Hour)
	check("after", w, 1)
	check("after, on another node", other, 1)
	if now := w.extension(wire.KindDirect).FrankingKey; bytes.Equal(now, pinned) {
		t.Error("new rooms pin the old key")
	}
}

// TestRotatedUnswept: a node that doesn't get to sweeping learns of a new key all the
// same before the old one is over.
func TestRotatedUnswept(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	pinned := w.extension(wire.KindDirect).FrankingKey
	other := w.another()
	if _, err := w.FrankingKeys().Rotate(t.Context(), w.time(), w.time().Add(5*time.Minute)); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		w.pass(15 * time.Minute)
		other.pass(15 * time.Minute)
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		req := alice.tagging(room, franking.AAD(tagOf("x")), "x")
		if _, err := other.Send(t.Context(), alice.name, req); err != nil {
			t.Fatal(err)
		}
		e, tag := bob.newestMail(), tagOf("x")
		proof, context := proofOf(t, e)
		good := false
		for _, k := range w.keysFrom(pinned) {
			good = good || k.Good(e.AcceptedMS) && proof.Verify(k.Key, tag[:], e.Franking.Frank, context) == nil
		}
		if !good {
			t.Fatalf("no client takes what it signs at %v", w.time())
		}
	}
}

// TestRotatedRooms: a new room pins the key of now, or for an hour the one before; a
// room that is there goes on with what it pinned.
func TestRotatedRooms(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	old := w.extension(wire.KindGroup)
	seed := w.signingSeed(0)
	if _, err := w.FrankingKeys().Rotate(t.Context(), w.time(), w.time()); err != nil {
		t.Fatal(err)
	}
	open := func(e wire.RoomExtension) error {
		bob.publish(1)
		_, err := w.OpenRoom(t.Context(), alice.name, alice.openingWith(e, bob))
		return err
	}
	if err := open(old); err != nil {
		t.Errorf("a room that pins the key before, at once: %v", err)
	}
	w.pass(2 * time.Hour)
	refused(t, "a new room with the key before", open(old), wire.CodeBadCommit)
	if err := open(w.extension(wire.KindGroup)); err != nil {
		t.Errorf("a room that pins the new key: %v", err)
	}
	if !w.holds(seed) {
		t.Fatal("the search doesn't find a key that is there")
	}
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.holds(seed) {
		t.Error("the store still holds the signing key that is over")
	}
	if _, err := w.FrankingKeys().Rotate(t.Context(), w.time(), w.time()); err != nil {
		t.Errorf("a second rotation: %v", err)
	}
	if n := len(w.keysFrom(old.FrankingKey)); n != 3 {
		t.Errorf("the chain has %d keys; want 3", n)
	}
}

// TestRotatedAndSetBack: a time of day that goes back to before the key of now, whose
// predecessor is destroyed: nothing is franked that no client would show, and nothing
// breaks; the key itself signs from an hour before its time on.
func TestRotatedAndSetBack(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	pinned := w.extension(wire.KindDirect).FrankingKey
	other := w.another()
	w.pass(2 * day)
	if _, err := w.FrankingKeys().Rotate(t.Context(), w.time(), w.time()); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Hour)
	alice.sendTagged(room, "after")
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	good := func(what string) {
		t.Helper()
		alice.sendTagged(room, what)
		e, tag := bob.newestMail(), tagOf(what)
		proof, context := proofOf(t, e)
		key := w.keysFrom(pinned)[1]
		if err := proof.Verify(key.Key, tag[:], e.Franking.Frank, context); err != nil || !key.Good(e.AcceptedMS) {
			t.Errorf("%s: %v, good: %t", what, err, key.Good(e.AcceptedMS))
		}
	}
	// The other node learns of it, with its own clock two hours behind.
	other.pass(w.time().Add(-2 * time.Hour).Sub(other.time()))
	if err := other.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	other.pass(-2*time.Hour - 30*time.Minute)
	w.pass(-2*time.Hour - 30*time.Minute)
	good("half an hour before")
	w.pass(-2 * time.Hour)
	for _, node := range []*server.Server{w.Server, other.Server} {
		req := alice.tagging(room, franking.AAD(tagOf("too early")), "too early")
		_, err := node.Send(t.Context(), alice.name, req)
		if refusal := server.AsWire(err); refusal == nil || refusal.Code != wire.CodeUnavailable {
			t.Errorf("hours before: %v; want unavailable", err)
		}
	}
	if _, err := server.OpenKeyRing(t.Context(), w.store, domain, w.time()); !errors.Is(err, server.ErrClock) {
		t.Errorf("a server that begins hours before: %v; want ErrClock", err)
	}
	w.pass(2 * time.Hour)
	good("half an hour before, again")
	w.pass(time.Hour)
	good("in time")
}

// TestManyKeys: there are no more keys than clients follow, and all of them are read.
func TestManyKeys(t *testing.T) {
	w := newWorld(t)
	pinned := w.extension(wire.KindDirect).FrankingKey
	for i := 1; i < franking.MaxKeys; i++ {
		if _, err := w.FrankingKeys().Rotate(t.Context(), w.time(), w.time()); err != nil {
			t.Fatalf("key %d: %v", i, err)
		}
		w.pass(2 * time.Hour)
		if err := w.Sweep(t.Context()); err != nil { // destroys the one before
			t.Fatal(err)
		}
	}
	if _, err := w.FrankingKeys().Rotate(t.Context(), w.time(), w.time()); !errors.Is(err, server.ErrManyKeys) {
		t.Errorf("one more: %v; want ErrManyKeys", err)
	}
	keys := w.keysFrom(pinned)
	if len(keys) != franking.MaxKeys {
		t.Fatalf("clients follow %d keys; want %d", len(keys), franking.MaxKeys)
	}
	alice, bob := w.person("alice"), w.person("bob")
	alice.sendTagged(alice.room(wire.KindDirect, bob), "x")
	e, tag := bob.newestMail(), tagOf("x")
	proof, context := proofOf(t, e)
	if err := proof.Verify(keys[len(keys)-1].Key, tag[:], e.Franking.Frank, context); err != nil {
		t.Errorf("by the last key: %v", err)
	}
}

// A shredStore can't always shred.
type shredStore struct {
	*memstore.Store
	fails, shreds int
}

func (s *shredStore) Shred(_ context.Context, from, to string) error {
	if s.fails > 0 {
		s.fails--
		return server.ErrUnavailable
	}
	if from > "Fh" || to < "Ft" {
		return errors.New("the keys aren't in it")
	}
	s.shreds++
	return nil
}

// TestShreddedAfterAll: what was deleted is shredded, also where the first attempt
// fails, or the server ends before it; and once is enough.
func TestShreddedAfterAll(t *testing.T) {
	store := &shredStore{Store: memstore.New()}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	sweep := func(from *world, shreds int) {
		t.Helper()
		err := from.Sweep(t.Context())
		if store.shreds != shreds {
			t.Errorf("shredded %d times, %v; want %d", store.shreds, err, shreds)
		}
	}
	sweep(w, 0)
	again := newWorld(t, func(c *server.Config) { c.Store = store })
	w.pass(190 * day) // a hub key is over
	store.fails = 1
	sweep(w, 0)
	sweep(w, 1)
	sweep(w, 1)
	if _, err := w.FrankingKeys().Rotate(t.Context(), w.time(), w.time()); err != nil {
		t.Fatal(err)
	}
	w.pass(2 * time.Hour) // a signing key is over
	store.fails = 1
	sweep(w, 1)
	again.pass(w.time().Sub(again.time()))
	sweep(again, 2)
	sweep(again, 2)
}

// signingSeed returns the secret of a signing key in w's store.
func (w *world) signingSeed(i int) []byte {
	w.t.Helper()
	entries, err := w.store.EntryRange(w.t.Context(), "Fs", "Ft", 100)
	if err != nil {
		w.t.Fatal(err)
	}
	v := entries[i].Value
	return v[len(v)-identity.SeedSize:]
}

// TestOldFrankingKey: a store of version 0.1.0 keeps the key that its rooms have
// pinned.
func TestOldFrankingKey(t *testing.T) {
	key := identity.GenerateKey()
	store := memstore.New()
	old := cbor.MustMarshal([]any{1, key.Seed()})
	if _, err := store.Meta(t.Context(), "", old); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	want := key.Public()
	if got := w.extension(wire.KindDirect).FrankingKey; !bytes.Equal(got, want[:]) {
		t.Errorf("rooms pin %x; want the old key %x", got, want)
	}
	alice, bob := w.person("alice"), w.person("bob")
	alice.sendTagged(alice.room(wire.KindDirect, bob), "x")
	e, tag := bob.newestMail(), tagOf("x")
	proof, context := proofOf(t, e)
	if err := proof.Verify(want, tag[:], e.Franking.Frank, context); err != nil {
		t.Error(err)
	}
}

// TestRingDamaged: a ring that can't be read isn't replaced.
func TestRingDamaged(t *testing.T) {
	for name, entry := range map[string]server.KeyValue{
		"signing": {Key: "Fs\x00\x00\x00\x00", Value: []byte("x")},
		"hub":     {Key: "Fh\x00\x00\x0b\xa0", Value: []byte("x")},
	} {
		store := memstore.New()
		if err := store.UpdateLedger(t.Context(), server.LedgerUpdate{Put: []server.KeyValue{entry}}); err != nil {
			t.Fatal(err)
		}
		week := time.Unix(0xba0*7*86400, 0)
		if _, err := server.OpenKeyRing(t.Context(), store, domain, week); err == nil {
			t.Errorf("%s: opened", name)
		}
		if v, _ := store.Entries(t.Context(), []string{entry.Key}); string(v[0]) != "x" {
			t.Errorf("%s: it was replaced", name)
		}
	}
}
