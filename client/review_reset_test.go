package client_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"parley/client"
	"parley/client/memstore"
	"parley/identity"
	"parley/wire"
)

// reset replaces all devices of p's account by a new one.
func (p *person) reset() *person {
	p.w.t.Helper()
	q := &person{w: p.w, store: memstore.New(), login: p.login, seal: p.seal}
	c, err := client.Reset(p.w.t.Context(), p.w.config(q.store), q.seal, p.Account(), q.login)
	if err != nil {
		p.w.t.Fatalf("reset: %v", err)
	}
	q.Client = c
	q.sync()
	return q
}

const delay = 8 * 24 * time.Hour // longer than a reset's

func TestResetWaitsForDelayAndConfirmation(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("to the old one", "bob")
	bob.want("to the old one")
	again := bob.reset()
	alice.sync()
	room := alice.room()
	if !slices.Equal(room.ResetOf, []identity.Account{bob.Account()}) {
		t.Errorf("ResetOf = %v; want bob", room.ResetOf)
	}
	id, err := alice.Send(ctx, room.Room, "for the new one")
	if !errors.Is(err, client.ErrQueued) || !errors.Is(err, client.ErrConfirmReset) {
		t.Fatalf("Send after a reset: %v; want it queued until it is confirmed", err)
	}
	if err := alice.ConfirmReset(ctx, "bob"); err != nil {
		t.Fatal(err)
	}
	if err := alice.Sync(ctx); err != nil {
		t.Fatalf("Sync with a message that waits: %v; want no error: the room tells of the reset", err)
	}
	if v, err := alice.Lookup(ctx, id); err != nil || v.State != client.StateQueued {
		t.Fatalf("confirmed, within the delay: %v, %v; want it queued", v.State, err)
	}
	w.clock.advance(delay)
	alice.sync()
	again.want("for the new one")
	if a, b := alice.room(), again.room(); a.Epoch != b.Epoch || len(a.ResetOf) != 0 {
		t.Errorf("after the delay: %+v and %+v", a, b)
	}
	if err := bob.Sync(ctx); err == nil {
		t.Error("the old device still gets a session")
	}
}

func TestResetIsCancelled(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("one", "bob")
	bob.want("one")
	thief := bob.reset()
	alice.sync()
	if _, err := alice.Send(ctx, alice.room().Room, "two"); !errors.Is(err, client.ErrConfirmReset) {
		t.Fatalf("Send: %v; want ErrConfirmReset", err)
	}
	if err := bob.CancelReset(ctx); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	bob.want("two")
	if err := thief.Sync(ctx); err == nil {
		t.Error("the cancelled device still gets a session")
	}
	if err := bob.CancelReset(ctx); !errors.Is(err, client.ErrNoReset) {
		t.Errorf("again: %v; want ErrNoReset", err)
	}
}

// Whoever reset an account goes on with another list once the delay is over: that
// must not stand in for the person's word.
func TestResetIsNotConfirmedByTheNextList(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	w.signUp("carol")
	alice.sendTo("to the old one", "bob", "carol")
	thief := bob.reset()
	alice.sync()
	w.clock.advance(delay)
	thief.secondDevice()
	alice.sync()
	if err := thief.reset().CancelReset(ctx); !errors.Is(err, client.ErrNoReset) {
		t.Fatalf("the new device cancels its own reset: %v", err)
	}
	if err := thief.CancelReset(ctx); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	if _, err := alice.Send(ctx, alice.room().Room, "a secret"); !errors.Is(err, client.ErrConfirmReset) {
		t.Errorf("Send: %v; want ErrConfirmReset", err)
	}
	if _, err := alice.SendTo(ctx, []string{"bob"}, "a secret"); !errors.Is(err, client.ErrConfirmReset) {
		t.Errorf("SendTo: %v; want ErrConfirmReset", err)
	}
	if err := alice.ConfirmReset(ctx, "bob"); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	alice.sync()
	thief.want("a secret")
}

// A chain of more lists than one reply holds is read to its end.
func TestManyLists(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, carol := w.signUp("alice"), w.signUp("carol")
	chain := listChain(t, carol.Account(), 102)
	shown, asked := 1, uint64(0)
	tp := alice.tapped()
	tp.set(nil, func(op wire.Operation, request, answer []byte) ([]byte, error) {
		var req wire.DeviceListsRequest
		if op != wire.OpDeviceLists || wire.Unmarshal(request, &req) != nil || req.Account != carol.Account() {
			return answer, nil
		}
		from := int(max(req.From, 1))
		to := min(from-1+wire.MaxLists, shown)
		asked = uint64(to)
		return wire.Marshal(wire.DeviceLists{Newest: uint64(shown), Lists: chain[from-1 : to]})
	})
	for _, n := range []int{1, 101, 102} {
		shown = n
		if _, err := alice.SafetyNumber(ctx, "carol"); err != nil {
			t.Fatal(err)
		}
		if asked != uint64(n) {
			t.Errorf("read up to version %d; want %d", asked, n)
		}
	}
}

// listChain returns n lists of an account: a device comes, and goes.
func listChain(t *testing.T, a identity.Account, n int) []identity.SignedDeviceList {
	t.Helper()
	entry := func() (identity.ListedDevice, identity.PrivateKey) {
		key := identity.GenerateKey()
		return identity.ListedDevice{Device: identity.RandomDevice(a), SignatureKey: key.Public(), Suites: []uint16{1}}, key
	}
	first, key := entry()
	list := &identity.DeviceList{Account: a, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{first}}
	out := []identity.SignedDeviceList{list.Sign(first.Device, key)}
	for len(out) < n {
		if len(list.Devices) == 1 {
			other, _ := entry()
			list = list.Next(identity.Add, 0)
			list.Devices = append(list.Devices, other)
		} else {
			list = list.Next(identity.Remove, 0)
			list.Devices = list.Devices[:1]
		}
		out = append(out, list.Sign(first.Device, key))
	}
	return out
}
