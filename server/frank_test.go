package server_test

import (
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"parley/franking"
	"parley/identity"
	"parley/mls/public"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// tagOf is the tag of text in these tests: what is said is nobody's business here.
func tagOf(text string) [32]byte { return franking.Tag([]byte("0123456789abcdef"), []byte(text)) }

// tagging encrypts a message with authenticated data.
func (d *device) tagging(room identity.Room, aad []byte, text string) *wire.SendRequest {
	d.w.t.Helper()
	m, _, err := d.group.Encrypt(aad, []byte(text))
	if err != nil {
		d.w.t.Fatal(err)
	}
	return &wire.SendRequest{ID: d.w.id(), Room: room, Message: m}
}

// sendTagged sends a message with its tag.
func (d *device) sendTagged(room identity.Room, text string) *wire.SendReply {
	d.w.t.Helper()
	req := d.tagging(room, franking.AAD(tagOf(text)), text)
	reply, err := d.w.Send(d.w.t.Context(), d.name, req)
	return must(d.w.t, reply, err)
}

// newest returns the newest envelope that d got.
func (d *device) newestMail() *wire.Envelope {
	d.w.t.Helper()
	events := d.inbox()
	return &events[len(events)-1].Envelope
}

// proofOf returns the proof in a delivery, and the context that follows from it.
func proofOf(t testing.TB, e *wire.Envelope) (*franking.Proof, []byte) {
	t.Helper()
	f := e.Franking
	if f == nil {
		t.Fatalf("message %d isn't franked", e.Seq)
	}
	context := franking.NewContext(f.HubKey, e.Room, e.Generation, e.Sender, e.Epoch, e.Seq, e.AcceptedMS).Marshal()
	return &franking.Proof{LeafIndex: f.LeafIndex, TreeSize: f.TreeSize, Path: f.Path, Signature: f.Signature}, context
}

// keysFrom returns the keys that Info leads to from pinned.
func (w *world) keysFrom(pinned []byte) []franking.Key {
	w.t.Helper()
	info, err := w.Info(w.t.Context(), &wire.InfoRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	var statements []franking.KeyStatement
	for _, raw := range info.FrankingKeys {
		s, err := franking.ParseKeyStatement(raw)
		if err != nil {
			w.t.Fatal(err)
		}
		statements = append(statements, *s)
	}
	key, err := identity.ParsePublicKey(pinned)
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := franking.Chain(domain, key, statements)
	if err != nil {
		w.t.Fatal(err)
	}
	return keys
}

// TestFranked: what a device receives shows by the pinned key alone what it is, and
// the server knows its own frank again. draft-ietf-mimi-protocol-06, Section 5.4.1.2.
func TestFranked(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	pinned := w.extension(wire.KindDirect).FrankingKey
	reply := alice.sendTagged(room, "hello")
	e, tag := bob.newestMail(), tagOf("hello")
	if e.Seq != reply.Seq || e.AcceptedMS != reply.AcceptedMS {
		t.Fatalf("bob got seq %d; want %d", e.Seq, reply.Seq)
	}
	proof, context := proofOf(t, e)
	key := w.keysFrom(pinned)[0].Key
	if err := proof.Verify(key, tag[:], e.Franking.Frank, context); err != nil {
		t.Error(err)
	}
	ring := w.FrankingKeys()
	if ok, err := ring.Verify(t.Context(), tag[:], e.Franking.Frank, context); !ok || err != nil {
		t.Errorf("the server's own frank: %t, %v", ok, err)
	}
	other := tagOf("another")
	if ok, err := ring.Verify(t.Context(), other[:], e.Franking.Frank, context); ok || err != nil {
		t.Errorf("the frank of another tag: %t, %v", ok, err)
	}
	if ok, err := ring.Verify(t.Context(), tag[:], e.Franking.Frank, []byte("context")); ok || err == nil {
		t.Errorf("without a context: %t, %v", ok, err)
	}
	// What another sender sent doesn't check as hers, nor in another place.
	e.Sender, e.Seq = bob.name, e.Seq+1
	if proof, context = proofOf(t, e); proof.Verify(key, tag[:], e.Franking.Frank, context) == nil {
		t.Error("the frank holds for another sender and seq, too")
	}
}

// TestTagForms: a message has one tag in the one form, or nothing.
func TestTagForms(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	tag := tagOf("x")
	good := franking.AAD(tag)
	if want := public.Marshal(&public.SafeAAD{{ID: franking.Component, Data: tag[:]}}); string(good) != string(want) {
		t.Fatalf("AAD = %x; want %x", good, want)
	}
	for name, aad := range map[string][]byte{
		"short":             good[:35],
		"more behind":       append(good[:36:36], 0),
		"no items":          public.Marshal(&public.SafeAAD{}),
		"another component": public.Marshal(&public.SafeAAD{{ID: 0x21, Data: tag[:]}}),
		"short tag":         public.Marshal(&public.SafeAAD{{ID: franking.Component, Data: tag[:31]}}),
		"long tag":          public.Marshal(&public.SafeAAD{{ID: franking.Component, Data: append(tag[:], 0)}}),
		"two items":         public.Marshal(&public.SafeAAD{{ID: franking.Component, Data: tag[:]}, {ID: 0x21, Data: []byte("x")}}),
		"the tag alone":     tag[:],
	} {
		_, err := w.Send(t.Context(), alice.name, alice.tagging(room, aad, "x"))
		refused(t, name, err, wire.CodeBadMessage)
	}
	before := len(bob.inbox())
	if err := alice.send(room, "as version 0.1.0 does"); err != nil {
		t.Fatal(err)
	}
	if e := bob.newestMail(); len(bob.inbox()) != before+1 || e.Franking != nil {
		t.Errorf("a message without a tag has the frank %+v", e.Franking)
	}
}

// TestRetryKeepsTheFrank: a repeated request, even of another message, changes nothing.
func TestRetryKeepsTheFrank(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	req := alice.tagging(room, franking.AAD(tagOf("x")), "x")
	first, err := w.Send(t.Context(), alice.name, req)
	if err != nil {
		t.Fatal(err)
	}
	before := *bob.newestMail().Franking
	w.pass(8 * 24 * time.Hour / 2)
	again, err := w.another().Send(t.Context(), alice.name, req)
	if err != nil || *again != *first {
		t.Fatalf("a retry: %+v, %v; want %+v", again, err, first)
	}
	after := bob.newestMail()
	if after.Seq != first.Seq || sha256.Sum256(after.Franking.Frank) != sha256.Sum256(before.Frank) || string(after.Franking.Signature) != string(before.Signature) {
		t.Error("a retry changed the frank")
	}
}

// TestTrees: a large batch is signed as few trees of at most 32, and each of its
// messages checks.
func TestTrees(t *testing.T) {
	store := memstore.New()
	now := time.UnixMilli(1_800_000_000_000)
	ring, err := server.OpenKeyRing(t.Context(), store, domain, now)
	if err != nil {
		t.Fatal(err)
	}
	by, err := ring.Franker(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	key := ring.Statements()[0].Key
	for _, n := range []int{1, 2, 31, 32, 33, 64, 65, 200} {
		batch := make([]server.Stamped, n)
		for i := range batch {
			batch[i].Stamp = server.Stamp{By: by, Tag: tagOf(string(rune(i)))}
			batch[i].Envelope = &wire.Envelope{Room: "mimi://example.org/r/AQEBAQEBAQEBAQEBAQEBAQ", Sender: "mimi://example.org/d/a/AAAAAAAAAAAAAAAAAAAAAA", Seq: uint64(i)}
		}
		server.FrankAll(batch)
		signatures := map[string]bool{}
		for i, m := range batch {
			proof, context := proofOf(t, m.Envelope)
			if err := proof.Verify(key, m.Tag[:], m.Envelope.Franking.Frank, context); err != nil {
				t.Errorf("message %d of %d: %v", i, n, err)
			}
			if proof.TreeSize > 32 || len(proof.Path) > 5*32 {
				t.Errorf("a tree of %d with a path of %d bytes", proof.TreeSize, len(proof.Path))
			}
			signatures[string(proof.Signature)] = true
		}
		if want := (n + 31) / 32; len(signatures) != want {
			t.Errorf("%d messages have %d signatures; want %d", n, len(signatures), want)
		}
	}
}

// BenchmarkFrank is what franking costs for each message of a full tree.
func BenchmarkFrank(b *testing.B) {
	for _, n := range []int{1, 8, 32, 1024} {
		b.Run(fmt.Sprint(n), func(b *testing.B) { benchFrank(b, n) })
	}
}

func benchFrank(b *testing.B, n int) {
	now := time.UnixMilli(1_800_000_000_000)
	ring, err := server.OpenKeyRing(b.Context(), memstore.New(), domain, now)
	if err != nil {
		b.Fatal(err)
	}
	by, err := ring.Franker(b.Context(), now)
	if err != nil {
		b.Fatal(err)
	}
	batch := make([]server.Stamped, n)
	for i := range batch {
		batch[i].Stamp = server.Stamp{By: by, Tag: tagOf("x")}
		batch[i].Envelope = &wire.Envelope{Room: identity.RandomRoom(domain), Sender: "mimi://example.org/d/alice/AAAAAAAAAAAAAAAAAAAAAA", Seq: uint64(i), AcceptedMS: now.UnixMilli()}
	}
	b.ReportAllocs()
	for b.Loop() {
		server.FrankAll(batch)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/message")
}
