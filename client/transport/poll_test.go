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

// polling returns the stream of a site where no WebSocket opens, and its site.
func polling(t *testing.T, read func(ctx context.Context, r wire.ReadRequest) (*wire.ReadReply, error)) (client.Stream, *site) {
	t.Helper()
	s := &site{t: t, dial: noSocket, read: read}
	streams := s.streams()
	streams.Retry = 24 * time.Hour
	return open(t, streams, 7), s
}

// A server that answers empty at once, again and again, is asked ever more rarely;
// what comes is taken all the same, and after it the pauses begin anew.
func TestEmptyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ready := time.Now().Add(time.Hour)
		stream, s := polling(t, func(_ context.Context, r wire.ReadRequest) (*wire.ReadReply, error) {
			if r.After == 7 && time.Now().After(ready) {
				return eventAt(8), nil
			}
			return &wire.ReadReply{}, nil
		})
		wantEvent(t, stream, 8)
		if n := len(s.reads); n > 400 {
			t.Errorf("%d reads within an hour; want at most one in nine seconds", n)
		}
		if late := time.Since(ready); late > 25*time.Second {
			t.Errorf("what came was read %v later; want at most 25 s", late)
		}
		before := len(s.reads)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := stream.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next: %v; want the deadline", err)
		}
		if n := len(s.reads) - before; n < 2 {
			t.Errorf("%d reads in the second after an event; want the first pauses to be short again", n)
		}
	})
}

// A server that waits as it was asked to is asked again at once.
func TestWaitsInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, s := polling(t, wait)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second+time.Millisecond)
		defer cancel()
		if _, err := stream.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Next: %v; want the deadline", err)
		}
		if n := len(s.reads); n != 1+5 { // the opening, and each 25 s
			t.Errorf("%d reads in 100 s; want 6", n)
		}
	})
}

// Where something cuts reads that wait long they wait for less, and nothing fails.
func TestReadsAreCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stream, s := polling(t, func(ctx context.Context, r wire.ReadRequest) (*wire.ReadReply, error) {
			if r.WaitMS > 10_000 {
				time.Sleep(10 * time.Second)
				return nil, transport.Offline("the connection broke off")
			}
			if r.WaitMS > 0 {
				return hold(time.Second, 8)
			}
			return &wire.ReadReply{}, nil
		})
		wantEvent(t, stream, 8)
		if got := s.reads[len(s.reads)-1].WaitMS; got != 5000 {
			t.Errorf("the last read waited for %d ms; want 5000", got)
		}
	})
}

// Reads that fail are repeated a few times, one that is refused isn't; a server
// that asks for time gets it.
func TestReadsFail(t *testing.T) {
	for name, test := range map[string]struct {
		err   error
		reads int
		least time.Duration
	}{
		"no network": {transport.Offline("no"), 4, 0},
		"refused":    {wire.Refuse(wire.CodeUnauthorized, "The session has ended."), 1, 0},
		"busy":       {&wire.Error{Code: wire.CodeRateLimited, RetryAfter: 5000}, 4, 15 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stream, s := polling(t, func(_ context.Context, r wire.ReadRequest) (*wire.ReadReply, error) {
					if r.WaitMS == 0 {
						return &wire.ReadReply{}, nil
					}
					return nil, test.err
				})
				began := time.Now()
				_, err := stream.Next(t.Context())
				if !errors.Is(err, test.err) && !errors.Is(err, client.ErrOffline) {
					t.Errorf("Next: %v; want %v", err, test.err)
				}
				if n := len(s.reads) - 1; n != test.reads || time.Since(began) < test.least {
					t.Errorf("%d reads in %v; want %d, in %v or more", n, time.Since(began), test.reads, test.least)
				}
			})
		})
	}
}

// Close ends a read that waits, and a pause.
func TestCloseEndsPoll(t *testing.T) {
	for name, read := range map[string]func(context.Context, wire.ReadRequest) (*wire.ReadReply, error){
		"a read": wait,
		"a pause": func(context.Context, wire.ReadRequest) (*wire.ReadReply, error) {
			return &wire.ReadReply{}, nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				stream, s := polling(t, read)
				time.AfterFunc(time.Hour+time.Millisecond, func() { stream.Close() })
				began := time.Now()
				_, err := stream.Next(t.Context())
				if !errors.Is(err, client.ErrOffline) || time.Since(began) != time.Hour+time.Millisecond {
					t.Errorf("Next: %v after %v; want ErrOffline as soon as it is closed", err, time.Since(began))
				}
				n := len(s.reads)
				if _, err := stream.Next(t.Context()); !errors.Is(err, client.ErrOffline) || len(s.reads) > n+1 {
					t.Errorf("Next after Close: %v, %d reads more; want ErrOffline", err, len(s.reads)-n)
				}
			})
		})
	}
}
