package client_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/client"
	"parley/wire"
)

// A room may be given up for the one that somebody else opened first: it takes no
// message until the server has confirmed it.
func TestMessageForARoomThatIsGivenUp(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	tp := alice.tapped()
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpOpenRoom {
			return client.ErrOffline
		}
		return nil
	}, nil)
	if _, err := alice.SendTo(ctx, []string{"bob"}, "not kept"); !errors.Is(err, client.ErrOffline) {
		t.Fatalf("SendTo: %v; want ErrOffline", err)
	}
	if _, err := alice.Send(ctx, alice.room().Room, "not kept either"); !errors.Is(err, client.ErrOffline) || errors.Is(err, client.ErrQueued) {
		t.Fatalf("Send: %v; want ErrOffline, and nothing queued", err)
	}
	bob.sendTo("from bob", "alice")
	tp.set(nil, nil)
	alice.want("from bob")
	if _, err := alice.Send(ctx, alice.room().Room, "goes there"); err != nil {
		t.Fatal(err)
	}
	bob.want("goes there")
}

// A server that takes no key packages costs neither space nor messages.
func TestKeyPackagesAreNotTaken(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	for name, refusal := range map[string]error{"offline": client.ErrOffline, "refused": wire.Refuse(wire.CodeTooLarge, "no")} {
		tp := alice.tapped()
		tp.set(func(op wire.Operation, _ []byte) error {
			if op == wire.OpPublishKeyPackages {
				return refusal
			}
			return nil
		}, func(op wire.Operation, _, answer []byte) ([]byte, error) {
			if op == wire.OpKeyPackageCount {
				return wire.Marshal(wire.KeyPackageCount{})
			}
			return answer, nil
		})
		count := func() int {
			records, err := alice.store.List(ctx, "kp/", "", 10000)
			if err != nil {
				t.Fatal(err)
			}
			return len(records)
		}
		w.clock.advance(7 * time.Hour)
		_ = alice.Sync(ctx)
		before := count()
		for range 3 {
			_ = alice.Sync(ctx)
		}
		if got := count(); got != before {
			t.Errorf("%s: %d key packages kept after three more tries; want %d", name, got, before)
		}
		tp.set(nil, nil)
		alice.sync()
	}
}

// A follower gets what comes while the server is restarted, and sends what was
// written meanwhile.
func TestRunOverARestart(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	ctx, stop := context.WithCancel(t.Context())
	changed, done := make(chan struct{}, 1), make(chan error, 1)
	go func() {
		done <- bob.Run(ctx, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
	}()
	var got []string
	until := func(text string) {
		t.Helper()
		for !slices.Contains(got, text) {
			select {
			case <-changed:
				got = append(got, bob.unprinted()...)
			case <-time.After(time.Minute):
				t.Fatalf("bob has %q; want %q", got, text)
			}
		}
	}
	alice.sendTo("one", "bob")
	until("one")
	w.stop()
	if _, err := bob.Send(ctx, bob.room().Room, "from bob"); !errors.Is(err, client.ErrQueued) {
		t.Errorf("Send without a server: %v; want ErrQueued", err)
	}
	w.start()
	alice.restart()
	alice.sendTo("two", "bob")
	until("two")
	for want := "from bob"; ; {
		alice.sync()
		if texts := alice.unprinted(); slices.Contains(texts, want) {
			break
		}
		select {
		case <-changed:
		case <-time.After(time.Minute):
			t.Fatal("what bob wrote doesn't come")
		}
	}
	stop()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v", err)
	}
	if slices.Sort(got); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("bob read %s", strings.Join(got, ", "))
	}
}
