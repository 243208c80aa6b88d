package transport_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"parley/client"
	"parley/client/transport"
	"parley/wire"
)

// down returns the Streams of a server that isn't there.
func down(t *testing.T) (*transport.Streams, *site) {
	s := &site{t: t, dial: noSocket, read: func(context.Context, wire.ReadRequest) (*wire.ReadReply, error) {
		return nil, transport.Offline("nobody")
	}}
	return s.streams(), s
}

// Who fails to open comes again later each time, at most 30 seconds later; Wake
// ends the wait.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, _ := down(t)
		var longest time.Duration
		for n := range 200 {
			began := time.Now()
			if _, err := streams.Open(t.Context(), nil, 7); !errors.Is(err, client.ErrOffline) {
				t.Fatalf("Open: %v; want ErrOffline", err)
			}
			waited := time.Since(began)
			longest = max(longest, waited)
			if n < 3 && waited > 500*time.Millisecond || waited > 30*time.Second {
				t.Errorf("open %d waited for %v", n, waited)
			}
		}
		if longest < 15*time.Second {
			t.Errorf("the longest wait of 200 was %v; want near 30 s", longest)
		}
		streams.Wake()
		began := time.Now()
		streams.Open(t.Context(), nil, 7)
		if waited := time.Since(began); waited != 0 {
			t.Errorf("Open waited for %v after Wake", waited)
		}
	})
}

// Wake ends a wait that is under way, and so does the end of the context.
func TestPaceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		streams, s := down(t)
		for range 40 {
			streams.Open(t.Context(), nil, 7)
		}
		before := s.dials
		ended := make(chan struct{})
		go func() {
			streams.Open(t.Context(), nil, 7)
			close(ended)
		}()
		synctest.Wait()
		streams.Wake()
		<-ended
		if s.dials != before+1 {
			t.Errorf("%d lines tried after Wake; want 1", s.dials-before)
		}
		for range 40 {
			streams.Open(t.Context(), nil, 7)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := streams.Open(ctx, nil, 7); !errors.Is(err, context.Canceled) {
			t.Errorf("Open whose context was cancelled: %v; want context.Canceled", err)
		}
	})
}
