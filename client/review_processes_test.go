package client_test

import (
	"slices"
	"sync"
	"testing"

	"parley/client"
	"parley/wire"
)

// Two processes on one store.

func TestTwoProcessesSendAndFollow(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	room := alice.room().Room
	other := alice.again()
	var group sync.WaitGroup
	var want []string
	for i := range 5 {
		for j, p := range []*person{alice, other} {
			text := string(rune('a'+i)) + string(rune('0'+j))
			want = append(want, text)
			group.Go(func() {
				if _, err := p.Send(ctx, room, text); err != nil {
					t.Errorf("Send(%s): %v", text, err)
				}
			})
		}
		group.Go(func() {
			if err := other.Sync(ctx); err != nil {
				t.Errorf("Sync: %v", err)
			}
		})
		if _, err := bob.Send(ctx, room, "from bob"); err != nil {
			t.Error(err)
		}
	}
	group.Wait()
	got := bob.news()
	slices.Sort(got)
	if slices.Sort(want); !slices.Equal(got, want) {
		t.Errorf("bob reads %q; want %q", got, want)
	}
	alice.sync()
	if got := alice.unprinted(); len(got) != 5 {
		t.Errorf("alice reads %q; want five from bob", got)
	}
}

// The epoch moves while one process sends, and the other one has read of it.
func TestOtherProcessReadsTheCommit(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	carol := w.signUp("carol")
	w.signUp("dave")
	alice.sendTo("start", "bob", "carol")
	bob.want("start")
	room := alice.room().Room
	tp, other := alice.tapped(), alice.again()
	other.tapped().set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpSend {
			return client.ErrOffline
		}
		return nil
	}, nil)
	var once sync.Once
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpSend {
			once.Do(func() {
				if err := bob.AddMembers(ctx, room, []string{"dave"}); err != nil {
					t.Error(err)
				}
				_ = other.Sync(ctx)
			})
		}
		return nil
	}, nil)
	if _, err := alice.Send(ctx, room, "in the new epoch"); err != nil {
		t.Errorf("Send: %v", err)
	}
	carol.want("start", "in the new epoch")
}

// One process learns that its commit was taken after the other one has read of
// it, and has made the next one.
func TestOtherProcessMakesTheNextCommit(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	for _, name := range []string{"carol", "dave", "erin"} {
		w.signUp(name)
	}
	alice.sendTo("start", "bob", "carol")
	room := alice.room().Room
	tp, other := alice.tapped(), alice.again()
	cut := other.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op == wire.OpCommit {
			tp.set(nil, nil)
			cut.set(func(op wire.Operation, _ []byte) error {
				if op == wire.OpCommit {
					return client.ErrOffline
				}
				return nil
			}, nil)
			other.sync()
			if err := other.AddMembers(ctx, room, []string{"erin"}); err == nil {
				t.Error("AddMembers succeeds without a connection")
			}
		}
		return answer, nil
	})
	if err := alice.AddMembers(ctx, room, []string{"dave"}); err != nil {
		t.Errorf("AddMembers: %v", err)
	}
	other.Close()
	if err := alice.AddMembers(ctx, room, []string{"erin"}); err != nil {
		t.Errorf("AddMembers after it: %v", err)
	}
	agree(t, alice, bob, room)
	if n := len(alice.room().Accounts); n != 5 {
		t.Errorf("%d accounts; want 5", n)
	}
}

// One process rejoins while the other one reads on past it.
func TestOtherProcessReadsPastTheRejoin(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	w.signUp("carol")
	w.signUp("dave")
	alice.sendTo("start", "bob", "carol")
	bob.want("start")
	room := alice.room().Room
	bob.sync()
	alice.sync()
	bob.sendTo("expires", "alice", "carol")
	bob.sendTo("comes", "alice", "carol")
	tp, other := alice.tapped(), alice.again()
	cut := other.tapped()
	cut.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpGroupInfo {
			return client.ErrOffline
		}
		return nil
	}, nil)
	rejoined := false
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		switch op {
		case wire.OpRead:
			return expire(t, answer), nil
		case wire.OpCommit:
			if !rejoined {
				rejoined = true
				if err := bob.AddMembers(ctx, room, []string{"dave"}); err != nil {
					t.Error(err)
				}
				_ = other.Sync(ctx)
			}
		}
		return answer, nil
	})
	_ = alice.Sync(ctx)
	if !rejoined {
		t.Fatal("alice doesn't rejoin")
	}
	tp.set(nil, nil)
	if _, err := alice.Send(ctx, room, "back"); err != nil {
		t.Errorf("Send: %v", err)
	}
	agree(t, alice, bob, room)
	bob.want("back")
}

// expire takes the first message out of what was read, as if its time were over.
func expire(t *testing.T, answer []byte) []byte {
	return change(t, answer, func(r *wire.ReadReply) {
		if len(r.Events) > 1 && r.Events[0].Envelope.Kind == wire.EventMessage {
			r.Events = r.Events[1:]
			r.First = r.Events[0].Pos
		}
	})
}

// A device that committed itself knows of the epoch that it began, before its
// mailbox tells: it doesn't rejoin an older one.
func TestServerRollsARoomBack(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	w.signUp("carol")
	w.signUp("dave")
	alice.sendTo("start", "bob", "carol")
	bob.want("start")
	room := alice.room().Room
	alice.sync()
	old, err := client.CallAs[wire.GroupInfo](ctx, alice.Client, wire.OpGroupInfo, wire.GroupInfoRequest{Room: room})
	if err != nil {
		t.Fatal(err)
	}
	if err := alice.AddMembers(ctx, room, []string{"dave"}); err != nil {
		t.Fatal(err)
	}
	bob.sendTo("more", "alice")
	tp := alice.tapped()
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpCommit || op == wire.OpOpenRoom {
			if op == wire.OpCommit {
				t.Error("alice rejoins an epoch before the one that she began")
			}
			return client.ErrOffline
		}
		return nil
	}, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		switch op {
		case wire.OpRead:
			return change(t, answer, func(r *wire.ReadReply) {
				if len(r.Events) > 1 {
					r.Events = r.Events[len(r.Events)-1:]
					r.First = r.Events[0].Pos
				}
			}), nil
		case wire.OpGroupInfo:
			return wire.Marshal(old)
		}
		return answer, nil
	})
	_ = alice.Sync(ctx)
	if got := alice.refusals(); !slices.Contains(got, "stale_group_info") {
		t.Errorf("refusals: %v; want stale_group_info", got)
	}
}
