package client_test

import (
	"slices"
	"testing"

	"parley/client"
	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// The server and an outsider make a group of the room's name out of everyone's
// key packages, have alice think that she fell behind, and show her its state.
// She must not move in: the outsider would read all that she writes.
func TestStrangersRoom(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	w.signUp("carol")
	alice.sendTo("start", "bob", "carol")
	bob.want("start")
	room := alice.room().Room
	alice.sync()
	fake := mallory.fakeRoom(room, alice.room().Epoch+5, "alice", "bob", "carol")

	tp := alice.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		switch op {
		case wire.OpRead:
			return change(t, answer, func(r *wire.ReadReply) {
				for i := range r.Events {
					r.Events[i].Envelope.Kind, r.Events[i].Envelope.Epoch = wire.EventCommit, 3
				}
			}), nil
		case wire.OpGroupInfo:
			return change(t, answer, func(g *wire.GroupInfo) { g.GroupInfo = fake }), nil
		}
		return answer, nil
	})
	bob.sendTo("is changed into a commit that is missing", "alice", "carol")
	for range 2 {
		if err := alice.Sync(ctx); err != nil {
			t.Fatalf("Sync: %v; want none: the room waits, the others go on", err)
		}
	}
	if slices.Contains(alice.room().Accounts, account("mallory")) {
		t.Error("alice moved into mallory's room")
	}
	if got := alice.refusals(); !slices.Equal(got, []string{"missed_commit", "unknown_state"}) {
		t.Errorf("refusals %q; want missed_commit, and unknown_state once", got)
	}
	// With the true state she comes back.
	tp.set(nil, nil)
	if err := bob.AddMembers(ctx, room, []string{"mallory"}); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	if _, err := alice.Send(ctx, room, "back"); err != nil {
		t.Fatal(err)
	}
	bob.want("back")
}

// fakeRoom returns the GroupInfo of a group of p's own that has the room's name,
// rules and people, in an epoch of at least epoch.
func (p *person) fakeRoom(room identity.Room, epoch uint64, names ...string) []byte {
	p.w.t.Helper()
	t, ctx := p.w.t, p.w.t.Context()
	cfg := p.w.config(p.store)
	suite := cfg.Suites[0]
	info, err := client.Info(ctx, cfg.Transport)
	if err != nil {
		t.Fatal(err)
	}
	signer, _, err := suite.NewSignaturePrivateKey(p.Client.Seed())
	if err != nil {
		t.Fatal(err)
	}
	ext := wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: wire.KindGroup, FrankingKey: info.FrankingKey}
	g, _, err := mls.Create(&mls.Config{Suites: cfg.Suites}, suite, room.GroupID(0), []byte(p.Device()), signer, mls.CreateOptions{
		Extensions: public.Extensions{{Type: public.ExtensionType(wire.RoomExtensionType), Data: ext.Marshal()}},
	})
	if err != nil {
		t.Fatal(err)
	}
	opts := mls.CommitOptions{Update: true}
	for _, name := range names {
		got, err := client.CallAs[wire.ClaimedKeyPackages](ctx, p.Client, wire.OpClaimKeyPackages,
			wire.ClaimKeyPackagesRequest{Account: account(name), Suites: []uint16{uint16(suite.ID())}})
		if err != nil || len(got.KeyPackages) != 1 {
			t.Fatalf("claim of %s: %v", name, err)
		}
		opts.Add = append(opts.Add, got.KeyPackages[0].KeyPackage)
	}
	for g.Epoch() < epoch {
		s, _, err := g.Commit(opts)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := g.Merge(s); err != nil {
			t.Fatal(err)
		}
		opts.Add = nil
	}
	fake, err := g.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	return fake
}
