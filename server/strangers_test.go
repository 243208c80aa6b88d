package server_test

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/server"
	"parley/server/policy"
	"parley/wire"
)

// ruled makes a world with the default policy.
func ruled(t testing.TB, change ...func(*server.Config)) *world {
	t.Helper()
	return newWorld(t, append([]func(*server.Config){func(c *server.Config) { c.Policy = rules(t, "default", "") }}, change...)...)
}

// rules loads a policy that comes with the program, or text.
func rules(t testing.TB, name, text string) *policy.Policy {
	t.Helper()
	data := []byte(text)
	if text == "" {
		data, _ = policy.Shipped(name)
	}
	p, err := policy.Load(name, data)
	return must(t, p, err)
}

// tryOpening asks for a room with others. d.group stays that of another room, if it was.
func (d *device) tryOpening(kind wire.Kind, others ...*device) (*wire.OpenRoomRequest, error) {
	group := d.group
	req := d.opening(kind, others...)
	_, err := d.w.OpenRoom(d.w.t.Context(), d.name, req)
	if group != nil {
		d.group = group
	}
	return req, err
}

// quiet sends a message that wakes nobody.
func (d *device) quiet(room identity.Room, text string) error {
	req := d.sending(room, text)
	req.Quiet = true
	_, err := d.w.Send(d.w.t.Context(), d.name, req)
	return err
}

// TestStrangerKnocksOnce: of a stranger one message is taken, and no attachment, no
// sign of typing, no group; all of it once they are accepted.
func TestStrangerKnocksOnce(t *testing.T) {
	w := ruled(t)
	mallory, bob := w.person("mallory"), w.person("bob")
	room := mallory.room(wire.KindDirect, bob)
	media := mallory.sending(room, "a picture")
	media.Blobs = [][]byte{make([]byte, wire.BlobIDSize)}
	_, err := w.Send(t.Context(), mallory.name, media)
	if e := refused(t, "media", err, wire.CodeRequestPending); e.Reason != wire.ReasonMedia {
		t.Errorf("media: reason %q", e.Reason)
	}
	first := mallory.sending(room, "hello")
	reply := sent(t)(w.Send(t.Context(), mallory.name, first))
	if again, err := w.Send(t.Context(), mallory.name, first); err != nil || *again != *reply {
		t.Errorf("the same once more: %+v, %v; want %+v", again, err, reply)
	}
	refused(t, "a second message", mallory.send(room, "are you there?"), wire.CodeRequestPending)
	w.pass(time.Hour)
	mallory.open()
	refused(t, "an hour later", mallory.send(room, "are you there now?"), wire.CodeRequestPending)
	quiet := 0
	for range 40 {
		if mallory.quiet(room, "all the same") == nil {
			quiet++
		}
	}
	if quiet != 4 {
		t.Errorf("%d quiet messages were taken; want 4", quiet)
	}
	bob.open()
	sub := w.Subscribe(bob.session)
	defer sub.Close()
	if _, err := w.Signal(t.Context(), mallory.name, &wire.SignalRequest{Room: room, Data: []byte("typing")}); err != nil || len(sub.Signals()) != 0 {
		t.Errorf("a sign of typing: %v, or it is passed on", err)
	}
	_, err = mallory.tryOpening(wire.KindGroup, bob)
	if e := refused(t, "a group with a stranger", err, wire.CodeNotAllowed); e.Reason != wire.ReasonGroupStrangers {
		t.Errorf("a group: reason %q", e.Reason)
	}
	accept := &wire.RelateRequest{Accounts: []identity.Account{mallory.account}, Relation: wire.RelationAccepted}
	if _, err := w.Relate(t.Context(), bob.name, accept); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := mallory.send(room, "thank you"); err != nil {
			t.Fatalf("accepted: %v", err)
		}
	}
	if _, err := mallory.tryOpening(wire.KindGroup, bob); err != nil {
		t.Errorf("a group with somebody who accepted: %v", err)
	}
	if _, err := w.Signal(t.Context(), mallory.name, &wire.SignalRequest{Room: room, Data: []byte("typing")}); err != nil || len(sub.Signals()) != 1 {
		t.Errorf("accepted: a sign of typing: %v, or it isn't passed on", err)
	}
}

// TestAnswerAccepts: whoever answers has accepted; whoever asks quietly hasn't.
func TestAnswerAccepts(t *testing.T) {
	w := ruled(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	if err := errors.Join(alice.send(room, "hello"), bob.quiet(room, "a receipt")); err != nil {
		t.Fatal(err)
	}
	refused(t, "after a receipt", alice.send(room, "more"), wire.CodeRequestPending)
	if err := errors.Join(bob.send(room, "hi"), bob.send(room, "how are you"), alice.send(room, "fine"), alice.send(room, "and you")); err != nil {
		t.Errorf("after an answer: %v", err)
	}
}

// TestGroupAddByStranger: a stranger is added where somebody in the group knows who
// adds, and not otherwise, also by a later commit.
func TestGroupAddByStranger(t *testing.T) {
	w := ruled(t)
	mallory, bob, carol := w.person("mallory"), w.person("bob"), w.person("carol")
	alone := mallory.room(wire.KindGroup)
	add, _ := mallory.committing(alone, mls.CommitOptions{Add: [][]byte{bob.keyPackage(false)}})
	_, err := w.Commit(t.Context(), mallory.name, add)
	refused(t, "added by a commit", err, wire.CodeNotAllowed)
	carol.relate(wire.RelationAccepted, mallory)
	mallory.group = nil
	if _, err := mallory.tryOpening(wire.KindGroup, bob, carol); err != nil {
		t.Errorf("with somebody who knows her: %v", err)
	}
}

// TestOldRooms: what was begun before there was a policy goes on.
func TestOldRooms(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	w.SetPolicy(rules(t, "default", ""))
	for range 3 {
		if err := alice.send(room, "as ever"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMinorsAreApart: a minor is reached by no stranger, and by nobody under 16, by
// whatever way; who tries learns nothing of why.
func TestMinorsAreApart(t *testing.T) {
	w := ruled(t)
	adult, child, teen := w.person("adult"), w.person("child"), w.person("teen")
	for who, band := range map[*device]server.AgeBand{adult: server.AgeAdult, child: server.AgeUnder16, teen: server.Age16To17} {
		if err := w.PutFacts(t.Context(), who.account, server.Facts{Age: band, Region: "DE"}); err != nil {
			t.Fatal(err)
		}
	}
	claim := func(from, to *device) error {
		_, err := w.ClaimKeyPackages(t.Context(), from.name, &wire.ClaimKeyPackagesRequest{Account: to.account, Suites: []uint16{uint16(suite.ID())}})
		return err
	}
	for _, minor := range []*device{child, teen} {
		for _, kind := range []wire.Kind{wire.KindDirect, wire.KindGroup} {
			_, err := adult.tryOpening(kind, minor)
			if e := refused(t, "a stranger's "+string(kind), err, wire.CodeNotAccepting); e.Reason != "" {
				t.Errorf("%s: the stranger is told %q", kind, e.Reason)
			}
		}
		refused(t, "a stranger's look", claim(adult, minor), wire.CodeUnknownAccount)
	}
	_, err := child.tryOpening(wire.KindDirect, adult)
	if e := refused(t, "a child", err, wire.CodeNotAllowed); e.Reason != wire.ReasonOwnAge {
		t.Errorf("a child is told %q", e.Reason)
	}
	_, err = teen.tryOpening(wire.KindDirect, adult)
	if e := refused(t, "a teen", err, wire.CodeNotAllowed); e.Reason != wire.ReasonMutualsOnly {
		t.Errorf("a teen is told %q", e.Reason)
	}
	befriend(t, w, adult, teen)
	befriend(t, w, adult, child)
	room := adult.room(wire.KindDirect, teen)
	if err := errors.Join(adult.send(room, "hello"), adult.send(room, "cousin"), teen.send(room, "hi")); err != nil {
		t.Errorf("mutuals: %v", err)
	}
	_, err = adult.tryOpening(wire.KindDirect, child)
	refused(t, "a child's mutual", err, wire.CodeNotAccepting)
	// What ends on the platform ends here.
	if err := w.PutRelationship(t.Context(), teen.account, adult.account, server.Relationship{}); err != nil {
		t.Fatal(err)
	}
	refused(t, "no mutual any more", adult.send(room, "still there?"), wire.CodeNotAccepting)
}

func befriend(t testing.TB, w *world, a, b *device) {
	t.Helper()
	if err := errors.Join(w.PutRelationship(t.Context(), a.account, b.account, server.Relationship{Follows: true}),
		w.PutRelationship(t.Context(), b.account, a.account, server.Relationship{Follows: true})); err != nil {
		t.Fatal(err)
	}
}

// TestReload: another policy holds from the next message on.
func TestReload(t *testing.T) {
	w := ruled(t)
	alice, bob := w.person("alice"), w.person("bob")
	befriend(t, w, alice, bob)
	room := alice.room(wire.KindDirect, bob)
	if err := alice.send(room, "hello"); err != nil {
		t.Fatal(err)
	}
	w.SetPolicy(rules(t, "none", "rule closed\n  on message, group_add\n  then deny operator\n"))
	if e := refused(t, "closed", alice.send(room, "more"), wire.CodeNotAllowed); e.Reason != wire.ReasonOperator {
		t.Errorf("reason %q", e.Reason)
	}
	w.SetPolicy(nil)
	if err := alice.send(room, "more"); err != nil {
		t.Errorf("without one: %v", err)
	}
}

// TestPolicyIsAskedOnce: a conversation pays for the policy once, not for each
// message.
func TestPolicyIsAskedOnce(t *testing.T) {
	asked := &counting{}
	w := newWorld(t, func(c *server.Config) { c.Policy = asked })
	asked.Policy = rules(t, "default", "")
	alice, bob := w.person("alice"), w.person("bob")
	befriend(t, w, alice, bob)
	room := alice.room(wire.KindDirect, bob)
	asked.n = 0
	for range 20 {
		if err := errors.Join(alice.send(room, "x"), bob.send(room, "y")); err != nil {
			t.Fatal(err)
		}
	}
	if asked.n != 2 {
		t.Errorf("40 messages asked %d times; want once each way", asked.n)
	}
	w.pass(time.Hour)
	alice.open()
	if err := alice.send(room, "later"); err != nil || asked.n != 3 {
		t.Errorf("an hour later: %v, asked %d times; want 3", err, asked.n)
	}
}

// counting counts how often a policy is asked.
type counting struct {
	server.Policy
	n int
}

func (c *counting) Decide(q *server.Question) (server.Decision, error) {
	c.n++
	return c.Policy.Decide(q)
}

// TestDecisionsAreLogged: without names, and no more than once a minute for a rule.
func TestDecisionsAreLogged(t *testing.T) {
	var log safeBuffer
	w := ruled(t, func(c *server.Config) { c.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
	mallory := w.person("mallory")
	for _, name := range []string{"bob", "carol", "dave"} {
		_, err := mallory.tryOpening(wire.KindGroup, w.person(name))
		refused(t, "a group", err, wire.CodeNotAllowed)
	}
	text := log.String()
	if n := strings.Count(text, "rule=group-of-strangers"); n != 1 {
		t.Errorf("the rule is logged %d times; want once:\n%s", n, text)
	}
	for _, name := range []string{"mallory", "bob", "carol", domain} {
		if strings.Contains(text, name) {
			t.Errorf("the log names %s:\n%s", name, text)
		}
	}
	if s := w.Stats(); s.Denied != 3 {
		t.Errorf("Stats counts %d denials; want 3", s.Denied)
	}
}

type safeBuffer struct {
	mu sync.Mutex // guards b
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

// BenchmarkHotPathPolicy is BenchmarkHotPath with the default policy in force.
func BenchmarkHotPathPolicy(b *testing.B) {
	h := newHotPath(b, func(c *server.Config) { c.Policy = rules(b, "open", "") })
	h.SetPolicy(rules(b, "default", ""))
	b.ReportAllocs()
	for b.Loop() {
		h.one(b)
	}
}
