package server_test

import (
	"bytes"
	"context"
	"sync"
	"testing"
	"time"

	"parley/internal/cbor"
	"parley/server"
	"parley/server/memstore"
	"parley/server/passkeys/passkeytest"
	"parley/wire"
)

// passkeys returns what a device is told of its account's passkeys.
func (d *device) passkeys() *wire.Passkeys {
	d.w.t.Helper()
	list, err := d.w.PasskeyList(d.w.t.Context(), d.name, &wire.Empty{})
	if err != nil {
		d.w.t.Fatal(err)
	}
	return list
}

// addPasskey has a device make another passkey for its account.
func (d *device) addPasskey(a *passkeytest.Authenticator) {
	d.w.t.Helper()
	if _, err := d.w.AddPasskey(d.w.t.Context(), d.name, &wire.AddPasskeyRequest{Passkey: d.create(a, wire.PasskeyAdd)}); err != nil {
		d.w.t.Fatal(err)
	}
}

func (d *device) removePasskey(id []byte) error {
	_, err := d.w.RemovePasskey(d.w.t.Context(), d.name, &wire.RemovePasskeyRequest{ID: id})
	return err
}

// A list says where a passkey was made, when, and on which day it last proved the
// account.
func TestPasskeyList(t *testing.T) {
	w := newWorld(t, withPasskeys)
	a, b := newAuthenticator(), newAuthenticator()
	alice := w.passkeyPerson("alice", a)
	made := w.time().UnixMilli()
	w.pass(26 * time.Hour)
	alice.addPasskey(b)
	w.pass(26 * time.Hour)
	if _, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(alice.get(b))); err != nil {
		t.Fatal(err)
	}
	list := alice.passkeys()
	if len(list.Passkeys) != 2 || list.Passphrase {
		t.Fatalf("%+v; want two, and no passphrase", list)
	}
	const day = int64(24 * time.Hour / time.Millisecond)
	first, second := list.Passkeys[0], list.Passkeys[1]
	if first.MadeMS != made || first.UsedMS != 0 || first.Name != alice.entry().Name {
		t.Errorf("the first: %+v; want made at %d on %q, never used", first, made, alice.entry().Name)
	}
	if want := w.time().UnixMilli() / day * day; second.UsedMS != want || second.MadeMS <= made || second.Name != alice.entry().Name {
		t.Errorf("the second: %+v; want it used on the day of %d", second, want)
	}
	if bob := w.person("bob"); len(bob.passkeys().Passkeys) != 0 || !bob.passkeys().Passphrase {
		t.Errorf("bob's: %+v; want none, and a passphrase", bob.passkeys())
	}
}

// A passkey that is removed proves nothing any more, an answer that it gave before
// neither; the last one stays where no passphrase proves the account.
func TestRemovePasskey(t *testing.T) {
	w := newWorld(t, withPasskeys)
	a, b := newAuthenticator(), newAuthenticator()
	alice := w.passkeyPerson("alice", a)
	refused(t, "the only one", alice.removePasskey(alice.passkeys().Passkeys[0].ID), wire.CodeLastPasskey)
	w.pass(time.Second)
	alice.addPasskey(b)
	early := alice.get(a)
	first := alice.passkeys().Passkeys[0].ID
	for range 2 { // the answer is lost; the request is repeated
		if err := alice.removePasskey(first); err != nil {
			t.Fatal(err)
		}
	}
	for name, answer := range map[string][]byte{"given before": early, "given after": alice.get(a)} {
		_, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(answer))
		refused(t, "an answer "+name, err, wire.CodeBadPasskey)
	}
	if _, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(alice.get(b))); err != nil {
		t.Errorf("the one that is left: %v", err)
	}
	refused(t, "the last one", alice.removePasskey(alice.passkeys().Passkeys[0].ID), wire.CodeLastPasskey)
}

// A person with a passphrase may remove every passkey.
func TestRemovePasskeyBesidePassphrase(t *testing.T) {
	w := newWorld(t, withPasskeys)
	alice := w.person("alice")
	alice.addPasskey(newAuthenticator())
	if err := alice.removePasskey(alice.passkeys().Passkeys[0].ID); err != nil || len(alice.passkeys().Passkeys) != 0 {
		t.Errorf("removing: %v; want none left", err)
	}
}

// TestAttackRemovePasskey: who knows a credential's id can't remove it from another
// account, nor learn whether it is there.
func TestAttackRemovePasskey(t *testing.T) {
	w := newWorld(t, withPasskeys)
	a := newAuthenticator()
	alice, mallory := w.passkeyPerson("alice", a), w.passkeyPerson("mallory", newAuthenticator())
	alice.addPasskey(newAuthenticator())
	mallory.addPasskey(newAuthenticator())
	there := mallory.removePasskey(alice.passkeys().Passkeys[0].ID)
	not := mallory.removePasskey([]byte("nobody's"))
	if there != nil || not != nil {
		t.Errorf("another's: %v, nobody's: %v; want the same", there, not)
	}
	for _, id := range [][]byte{nil, bytes.Repeat([]byte{1}, 60<<10)} {
		if err := mallory.removePasskey(id); err != nil {
			t.Errorf("an id of %d bytes: %v", len(id), err)
		}
	}
	if len(alice.passkeys().Passkeys) != 2 || len(mallory.passkeys().Passkeys) != 2 {
		t.Error("a passkey is gone")
	}
	if _, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(alice.get(a))); err != nil {
		t.Errorf("alice's: %v", err)
	}
}

// Of two passkeys that are removed at the same time, on two nodes, one is left.
func TestRemoveLastPasskeys(t *testing.T) {
	shared := memstore.New()
	one := newWorld(t, withPasskeys, func(c *server.Config) { c.Store = shared })
	two := newWorld(t, withPasskeys, func(c *server.Config) { c.Store = shared })
	alice := one.passkeyPerson("alice", newAuthenticator())
	alice.addPasskey(newAuthenticator())
	list := alice.passkeys().Passkeys
	errs := make([]error, 2)
	var both sync.WaitGroup
	for i, w := range []*world{one, two} {
		both.Go(func() {
			_, errs[i] = w.RemovePasskey(t.Context(), alice.name, &wire.RemovePasskeyRequest{ID: list[i].ID})
		})
	}
	both.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || len(alice.passkeys().Passkeys) != 1 {
		t.Errorf("removals: %v, %v, %d left; want one refused and one left", errs[0], errs[1], len(alice.passkeys().Passkeys))
	}
}

// A meddler removes a passkey on another node, between the check of its answer and
// the note that it was used.
type meddler struct {
	*memstore.Store
	remove string // key of a record; empty: nothing
}

func (m *meddler) UpdateRecords(ctx context.Context, u server.RecordUpdate) error {
	if key := m.remove; key != "" && u.Kind == server.RecordPasskey && len(u.Put) == 1 && u.Put[0].Key == key {
		m.remove = ""
		if err := m.Store.UpdateRecords(ctx, server.RecordUpdate{Account: u.Account, Kind: u.Kind, Delete: []string{key}}); err != nil {
			return err
		}
	}
	return m.Store.UpdateRecords(ctx, u)
}

// A passkey that is removed while it is used isn't put back by the use.
func TestRemovedWhileUsed(t *testing.T) {
	m := &meddler{Store: memstore.New()}
	w := newWorld(t, withPasskeys, func(c *server.Config) { c.Store = m })
	a := newAuthenticator()
	alice := w.passkeyPerson("alice", a)
	answer := alice.get(a)
	records, err := m.AccountRecords(t.Context(), alice.account, server.RecordPasskey, "", 10)
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	alice.addPasskey(newAuthenticator())
	m.remove = records[0].Key
	_, err = w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(answer))
	refused(t, "the answer", err, wire.CodeBadPasskey)
	if n := len(alice.passkeys().Passkeys); n != 1 {
		t.Errorf("%d passkeys; want the other one alone", n)
	}
}

// A record that an earlier version wrote proves its account, and is listed.
func TestPasskeyRecordV1(t *testing.T) {
	shared := memstore.New()
	w := newWorld(t, withPasskeys, func(c *server.Config) { c.Store = shared })
	a := newAuthenticator()
	alice := w.passkeyPerson("alice", a)
	records, err := shared.AccountRecords(t.Context(), alice.account, server.RecordPasskey, "", 10)
	if err != nil || len(records) != 1 {
		t.Fatal(records, err)
	}
	var fields []cbor.RawMessage
	if err := cbor.Unmarshal(records[0].Value, &fields); err != nil || len(fields) != 10 {
		t.Fatal(len(fields), err)
	}
	fields[0] = cbor.MustMarshal(1)
	records[0].Value = cbor.MustMarshal(fields[:8])
	if err := shared.UpdateRecords(t.Context(), server.RecordUpdate{Account: alice.account, Kind: server.RecordPasskey, Put: records}); err != nil {
		t.Fatal(err)
	}
	if list := alice.passkeys().Passkeys; len(list) != 1 || list[0].Name != "" || list[0].MadeMS == 0 {
		t.Errorf("%+v; want it without a name", list)
	}
	if _, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(alice.get(a))); err != nil {
		t.Fatal(err)
	}
	if list := alice.passkeys().Passkeys; len(list) != 1 || list[0].UsedMS == 0 {
		t.Errorf("%+v; want it used", list)
	}
}
