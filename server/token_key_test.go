package server_test

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"testing"
	"time"

	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

// steal returns the key of tokens as the store has it on w's day.
func (w *world) steal() []byte {
	w.t.Helper()
	nothing := make([]byte, 32)
	rand.Read(nothing)
	key, err := w.store.Meta(w.t.Context(), fmt.Sprint("session/", w.time().Unix()/86400), nothing)
	if err != nil || string(key) == string(nothing) {
		w.t.Fatalf("the store has no key for today: %v", err)
	}
	return key
}

// forge makes a token of d, as who knows a key can.
func (d *device) forge(key []byte, expires time.Time) []byte {
	public := d.key.Public()
	print := sha256.Sum256(public[:])
	claim := cbor.MustMarshal([]any{d.account.Name(), d.name.ID(), print[:], expires.UnixMilli()})
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("parley/session-token/v1\x00"))
	mac.Write(cbor.MustMarshal(domain))
	mac.Write(claim)
	return append(mac.Sum(nil), claim...)
}

// another returns another node on w's store, with w's time.
func (w *world) another() *world {
	w.t.Helper()
	node := newWorld(w.t, func(c *server.Config) { c.Store = w.store })
	node.pass(w.time().Sub(node.time()))
	return node
}

// TestStolenTokenKey: who has read the store once can be any device, for as long
// as tokens of that day last, and no longer; also where it made a token that never
// ends, and showed it in time.
func TestStolenTokenKey(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	alice.token()
	stolen, never := w.steal(), w.time().AddDate(100, 0, 0)
	forged := alice.forge(stolen, never)
	if _, err := w.Authenticate(forged); err != nil {
		t.Fatalf("the test doesn't make tokens as the server does: %v", err)
	}
	day := w.time().Unix() / 86400
	for w.time().Unix()/86400 == day {
		w.pass(time.Hour)
	}
	w.pass(2 * time.Hour)
	_, err := w.Authenticate(forged)
	refused(t, "a token that never ends, made with yesterday's key", err, wire.CodeUnauthorized)
	_, err = w.Authenticate(alice.forge(stolen, w.time().Add(time.Minute)))
	refused(t, "a token made with yesterday's key", err, wire.CodeUnauthorized)
	if _, err := w.Authenticate(alice.token()); err != nil {
		t.Errorf("a token of today: %v", err)
	}
}

// TestTokenOverMidnight: a token lasts its hour where the day ends meanwhile, also
// at a node that was begun after that, and at one whose clock is a little behind.
func TestTokenOverMidnight(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	for w.time().UTC().Hour() != 23 {
		w.pass(10 * time.Minute)
	}
	for w.time().UTC().Minute() < 50 {
		w.pass(time.Minute)
	}
	token := alice.token()
	w.pass(45 * time.Minute)
	later := w.another()
	for _, node := range []*world{w, later} {
		if _, err := node.Authenticate(token); err != nil {
			t.Errorf("after midnight: %v", err)
		}
	}
	w.pass(16 * time.Minute)
	_, err := w.Authenticate(token)
	refused(t, "after its hour", err, wire.CodeUnauthorized)

	behind := w.another()
	for w.time().UTC().Hour() != 0 || w.time().UTC().Minute() >= 2 {
		w.pass(time.Minute)
	}
	behind.pass(w.time().Sub(behind.time()) - 4*time.Minute) // still yesterday there
	if _, err := behind.Authenticate(alice.token()); err != nil {
		t.Errorf("a token of a node that is ahead: %v", err)
	}
}
