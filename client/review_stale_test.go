package client_test

import (
	"context"
	"slices"
	"testing"

	"parley/client"
	"parley/client/memstore"
	"parley/identity"
	"parley/mls"
	"parley/wire"
)

// lastResortOnly keeps single-use key packages from the server.
type lastResortOnly struct {
	client.Transport
	t *testing.T
}

func (l lastResortOnly) Call(ctx context.Context, op wire.Operation, token, request []byte) ([]byte, error) {
	if op == wire.OpPublishKeyPackages {
		request = change(l.t, request, func(r *wire.PublishKeyPackagesRequest) { r.KeyPackages = nil })
	}
	return l.Transport.Call(ctx, op, token, request)
}

// A server shows the Welcome of a last-resort key package again, to somebody who
// was removed since: it leads into an epoch that is over.
func TestServerRepeatsAWelcome(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, carol := w.signUp("alice"), w.signUp("carol")
	bob := &person{w: w, store: memstore.New()}
	bob.login, bob.seal = keys("bob")
	cfg := w.config(bob.store)
	cfg.Transport = lastResortOnly{cfg.Transport, t}
	var err error
	if bob.Client, err = client.SignUp(ctx, cfg, bob.seal, account("bob"), bob.login); err != nil {
		t.Fatal(err)
	}
	bob.sync()
	alice.sendTo("start", "bob", "carol")
	var opened *wire.Envelope
	repeat := false
	tp := bob.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpRead {
			return answer, nil
		}
		return change(t, answer, func(r *wire.ReadReply) {
			for i := range r.Events {
				e := &r.Events[i].Envelope
				switch {
				case e.Kind == wire.EventOpen && opened == nil:
					opened = e
				case e.Kind == wire.EventOpen && repeat:
					seq := e.Seq + 100
					*e = *opened
					e.Seq = seq
				}
			}
		}), nil
	})
	bob.want("start")
	room := bob.room().Room
	if err := alice.RemoveMember(ctx, room, "bob"); err != nil {
		t.Fatal(err)
	}
	bob.sync()
	if bob.room().Active {
		t.Fatal("bob wasn't removed")
	}
	repeat = true
	carol.sendTo("brings the event", "bob")
	_ = bob.Sync(ctx)
	if bob.room().Active {
		t.Error("bob is back in the room, in an epoch that is over")
	}
	if got := bob.refusals(); !slices.Contains(got, "stale_group_info") {
		t.Errorf("refusals: %v; want stale_group_info", got)
	}
}

// A commit adds a device that left its list just before, which the list before it
// still names: it is removed before anything is encrypted.
func TestCommitAddsADeviceThatLeft(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	alice.sendTo("start", "bob", "carol")
	room := alice.room().Room
	bob.sync()
	phone := bob.secondDevice()
	carol.sync()
	claimed, err := client.CallAs[wire.ClaimedKeyPackages](ctx, carol.Client, wire.OpClaimKeyPackages, wire.ClaimKeyPackagesRequest{
		Account: bob.Account(), Devices: []identity.Device{phone.Device()}, Suites: []uint16{uint16(w.config(nil).Suites[0].ID())},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := bob.RemoveDevice(ctx, phone.Device().ID()); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*person{bob, carol, alice} {
		p.sync()
	}
	agree(t, alice, carol, room)
	var commit, welcome []byte
	err = carol.Hostile(ctx, room, func(g *mls.Group) (mls.Changes, error) {
		s, _, err := g.Commit(mls.CommitOptions{Add: [][]byte{claimed.KeyPackages[0].KeyPackage}, Update: true})
		if err != nil {
			return nil, err
		}
		commit, welcome = s.CommitMessage(), s.Welcome()
		g.DropPending()
		return nil, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := carol.Send(ctx, room, "brings the event"); err != nil {
		t.Fatal(err)
	}
	tp := alice.tapped()
	var did []wire.Operation
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpCommit || op == wire.OpSend {
			did = append(did, op)
			return client.ErrOffline
		}
		return nil
	}, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpRead {
			return answer, nil
		}
		return change(t, answer, func(r *wire.ReadReply) {
			for i := range r.Events {
				if e := &r.Events[i].Envelope; e.Kind == wire.EventMessage && e.Sender == carol.Device() {
					e.Kind, e.Message, e.Welcome = wire.EventCommit, commit, welcome
				}
			}
		}), nil
	})
	_ = alice.Sync(ctx)
	before := alice.room()
	_, _ = alice.Send(ctx, room, "not for the phone")
	if len(did) == 0 || slices.Contains(did, wire.OpSend) {
		t.Errorf("alice does %v, from epoch %d; want a commit first, and nothing sent before it is taken", did, before.Epoch)
	}
}
