package hints_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/hints"
)

// A heard gathers what a node hears.
type heard struct{ c chan server.Hint }

func listen(t *testing.T, h server.Hints) *heard {
	t.Helper()
	got := &heard{make(chan server.Hint, 1<<16)}
	stop := h.Listen(func(h server.Hint) { got.c <- h })
	t.Cleanup(stop)
	return got
}

// mailboxes empties what was heard.
func (h *heard) mailboxes() (all []identity.Account) {
	for {
		select {
		case hint := <-h.c:
			all = append(all, hint.Mailboxes...)
		default:
			return all
		}
	}
}

func TestLocal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := hints.NewLocal()
		a, b, c := l.Node(), l.Node(), l.Node()
		atA, atB, atC := listen(t, a), listen(t, b), listen(t, c)
		a.Publish(server.Hint{Mailboxes: []identity.Account{"x"}})
		synctest.Wait()
		if gotA, gotB, gotC := atA.mailboxes(), atB.mailboxes(), atC.mailboxes(); len(gotA) != 0 || !slices.Equal(gotB, []identity.Account{"x"}) || !slices.Equal(gotC, gotB) {
			t.Errorf("heard %v, %v, %v; want nothing, x, x", gotA, gotB, gotC)
		}
		l.Fault(func(from, to int, h server.Hint) hints.Fate {
			switch to {
			case 0:
				return hints.Fate{Lost: true}
			case 1:
				return hints.Fate{Again: 2}
			}
			return hints.Fate{Delay: time.Minute}
		})
		b.Publish(server.Hint{Mailboxes: []identity.Account{"y"}})
		c.Publish(server.Hint{Mailboxes: []identity.Account{"z"}})
		synctest.Wait()
		if gotA, gotB, gotC := atA.mailboxes(), atB.mailboxes(), atC.mailboxes(); len(gotA) != 0 || len(gotB) != 3 || len(gotC) != 0 {
			t.Errorf("heard %v, %v, %v; want nothing, z three times, nothing yet", gotA, gotB, gotC)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := atC.mailboxes(); !slices.Equal(got, []identity.Account{"y"}) {
			t.Errorf("heard %v after a minute; want y", got)
		}
	})
}

// TestLocalNeverBlocks: a node that listens to nothing loses hints, and nobody
// waits for it.
func TestLocalNeverBlocks(t *testing.T) {
	l := hints.NewLocal()
	a, b := l.Node(), l.Node()
	for range 10_000 {
		a.Publish(server.Hint{Lists: []identity.Account{"x"}})
	}
	got := listen(t, b)
	if first := <-got.c; len(first.Lists) != 1 {
		t.Errorf("heard %v", first)
	}
}
