package client_test

import (
	"bytes"
	"slices"
	"testing"

	"parley/client"
	"parley/identity"
	"parley/mls"
	"parley/wire"
)

// badCommit has a member commit what the server can't tell from a good commit,
// and no other member can follow: its membership tag is wrong.
func (p *person) badCommit(room identity.Room, generation uint32) {
	p.w.t.Helper()
	ctx := p.w.t.Context()
	req := wire.CommitRequest{ID: make([]byte, wire.IDSize), Room: room, Generation: generation}
	err := p.Hostile(ctx, room, func(g *mls.Group) (mls.Changes, error) {
		s, _, err := g.Commit(mls.CommitOptions{Update: true})
		if err != nil {
			return nil, err
		}
		req.Commit, req.GroupInfo = s.CommitMessage(), s.GroupInfo()
		req.Commit[len(req.Commit)-1] ^= 1
		copy(req.ID, req.Commit[len(req.Commit)-16:])
		g.DropPending()
		return nil, nil
	})
	if err != nil {
		p.w.t.Fatal(err)
	}
	if _, err := client.CallAs[wire.CommitReply](ctx, p.Client, wire.OpCommit, req); err != nil {
		p.w.t.Fatalf("the server refuses: %v", err)
	}
}

func TestBadCommitThenRejoinThenNextGeneration(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	alice.sendTo("start", "bob", "mallory")
	bob.want("start")
	mallory.want("start")
	room := alice.room().Room
	alice.sync()

	mallory.badCommit(room, 0)
	for _, p := range []*person{alice, bob} {
		p.sync()
		if got := p.refusals(); !slices.Contains(got, "bad_commit") {
			t.Errorf("%s refused %v; want bad_commit", p.Account(), got)
		}
	}
	if _, err := alice.Send(ctx, room, "after the first"); err != nil {
		t.Fatal(err)
	}
	bob.want("after the first")
	agree(t, alice, bob, room)
	mallory.sync() // who has to rejoin too: nobody has the epoch that the bad commit began
	agree(t, alice, mallory, room)

	mallory.badCommit(room, 0)
	alice.sync()
	bob.sync()
	if _, err := bob.Send(ctx, room, "after the second"); err != nil {
		t.Fatal(err)
	}
	alice.want("after the second")
	agree(t, alice, bob, room)
	if got := alice.room().Accounts; slices.Contains(got, mallory.Account()) {
		t.Errorf("the room has %v; want it without mallory", got)
	}
	_ = mallory.Sync(ctx)
	if got := mallory.unprinted(); slices.Contains(got, "after the second") {
		t.Errorf("mallory reads %q", got)
	}
	if mallory.room().Active && mallory.room().Problem == "" {
		t.Error("mallory's client thinks that she is in the room")
	}
}

// Killed after the server took the next generation that this device opened, it
// comes back into that one.
func TestKilledWhileOpeningTheNextGeneration(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	alice.sendTo("start", "bob", "mallory")
	bob.want("start")
	mallory.want("start")
	room := alice.room().Room
	mallory.badCommit(room, 0)
	alice.sync()
	bob.sync()
	mallory.sync()
	alice.sync()
	mallory.badCommit(room, 0)
	alice.tapped().lose(wire.OpOpenRoom)
	if err := alice.Sync(ctx); err == nil {
		t.Fatal("Sync succeeds; want it cut off")
	}
	alice.restart()
	alice.sync()
	if _, err := alice.Send(ctx, room, "back"); err != nil {
		t.Fatalf("Send: %v", err)
	}
	bob.want("back")
	agree(t, alice, bob, room)
}

// A device that is left out of the next generation doesn't try, each time it
// syncs, to make another one, which takes key packages from everybody.
func TestLeftOut(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	alice.sendTo("start", "bob", "mallory")
	bob.want("start")
	phone := bob.secondDevice()
	mallory.want("start")
	alice.sync()
	room := alice.room().Room
	mallory.badCommit(room, 0)
	for _, p := range []*person{alice, bob, phone, mallory, alice} {
		p.sync()
	}
	mallory.badCommit(room, 0)
	tp := alice.tapped()
	tp.set(nil, func(op wire.Operation, request, answer []byte) ([]byte, error) {
		if op != wire.OpClaimKeyPackages || !bytes.Contains(request, []byte(phone.Device())) {
			return answer, nil
		}
		return change(t, answer, func(c *wire.ClaimedKeyPackages) { // the phone has none left
			c.KeyPackages = slices.DeleteFunc(c.KeyPackages, func(k wire.ClaimedKeyPackage) bool { return k.Device == phone.Device() })
		}), nil
	})
	alice.sync()
	claims := 0
	phone.tapped().set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpClaimKeyPackages {
			claims++
		}
		return nil
	}, nil)
	for range 3 {
		_ = phone.Sync(ctx)
	}
	if claims != 0 {
		t.Errorf("%d claims of a device that is left out; want none", claims)
	}
	tp.set(nil, nil)
	bob.sync() // adds the phone
	phone.sync()
	if _, err := phone.Send(ctx, room, "back"); err != nil {
		t.Fatalf("Send: %v", err)
	}
	alice.want("back")
	agree(t, alice, phone, room)
}

// A room that went on, and lost somebody, can't be opened anew with everyone who
// was in it: the device rejoins, and doesn't think that it is out.
func TestNextGenerationComesTooLate(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	erin := w.signUp("erin")
	alice.sendTo("start", "bob", "mallory")
	room := alice.room().Room
	for _, p := range []*person{bob, mallory, alice} {
		p.sync()
	}
	mallory.badCommit(room, 0)
	for _, p := range []*person{alice, bob, mallory, alice, bob, mallory} {
		p.sync()
	}
	if err := alice.AddMembers(ctx, room, []string{"erin"}); err != nil {
		t.Fatal(err)
	}
	if err := alice.SetRole(ctx, room, "erin", client.RoleAdmin); err != nil {
		t.Fatal(err)
	}
	for _, p := range []*person{bob, mallory, erin, alice} {
		p.sync()
	}
	mallory.badCommit(room, 0)
	erin.sync() // for the first time: rejoins
	if err := erin.RemoveMember(ctx, room, "bob"); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	if !alice.room().Active {
		t.Fatal("alice thinks that she is out of the room")
	}
	if _, err := alice.Send(ctx, room, "back"); err != nil {
		t.Fatalf("Send: %v", err)
	}
	agree(t, alice, erin, room)
	if got := erin.unprinted(); !slices.Contains(got, "back") {
		t.Errorf("erin reads %q", got)
	}
}
