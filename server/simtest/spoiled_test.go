package simtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// A spoiled store does one thing wrong, now and then.
type spoiled struct {
	server.Store
	how   string
	calls int
	alive identity.Device // of whom others read
}

// turn is true at some of the calls.
func (s *spoiled) turn() bool {
	s.calls++
	return s.calls%7 == 0
}

func (s *spoiled) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	switch {
	case s.how == "forgets what it acknowledges" && s.turn():
		r, err := s.Room(ctx, e.Room)
		if err != nil || r.At().Epoch != e.Epoch || len(r.Pending) > 0 {
			return s.Store.Append(ctx, op, e, stamp)
		}
		return server.Receipt{Room: e.Room, Seq: r.Seq + 1, Epoch: e.Epoch, AcceptedMS: e.AcceptedMS}, nil
	case s.how == "keeps a message twice" && s.turn():
		again := op
		again.ID = append([]byte("again"), op.ID[5:]...)
		s.Store.Append(ctx, again, e, stamp)
	case s.how == "franks what it wasn't given" && s.turn():
		stamp.Tag[0]++
	case s.how == "forgets receipts":
		op.ID = append([]byte(nil), op.ID...)
		s.calls++
		op.ID[0], op.ID[1] = 1, byte(s.calls)
	}
	r, err := s.Store.Append(ctx, op, e, stamp)
	if s.how == "takes messages of ended epochs" && errors.Is(err, server.ErrStale) {
		if room, errRoom := s.Room(ctx, e.Room); errRoom == nil {
			e.Epoch = room.Epoch
			return s.Store.Append(ctx, op, e, stamp)
		}
	}
	return r, err
}

func (s *spoiled) Read(ctx context.Context, d identity.Device, after uint64, max, maxBytes int) (*wire.RawReadReply, error) {
	r, err := s.Store.Read(ctx, d, after, max, maxBytes)
	if errors.Is(err, server.ErrNotFound) && s.how == "lets removed devices read" && s.alive != "" {
		return s.Store.Read(ctx, s.alive, 0, max, maxBytes)
	}
	if err != nil {
		return r, err
	}
	s.alive = d
	switch n := len(r.Events); {
	case s.how == "moves cursors back" && r.Cursor > 3 && s.turn():
		r.Cursor -= 3
	case s.how == "loses an event of a read" && n > 1 && s.turn():
		r.Events = r.Events[1:]
	case s.how == "doubles an event of a read" && n > 0 && s.turn():
		r.Events = append(r.Events, wire.RawEvent{Pos: r.Events[n-1].Pos + 1, Envelope: r.Events[n-1].Envelope})
	case s.how == "swaps events" && n > 1 && s.turn():
		r.Events[0].Envelope, r.Events[1].Envelope = r.Events[1].Envelope, r.Events[0].Envelope
	case s.how == "reads beyond what is stored" && n == 0 && s.turn():
		r.Head++
	}
	return r, err
}

// Sweep of this store may take what nobody has read.
func (s *spoiled) Sweep(ctx context.Context, limits server.SweepLimits) error {
	if s.how == "expires too early" {
		limits.Envelopes = limits.Now
	}
	return s.Store.Sweep(ctx, limits)
}

// The observers see each way in which a store can be wrong: whoever trusts the
// runs above has to know that they can fail.
func TestSimSeesFaults(t *testing.T) {
	for how, want := range map[string]string{
		"forgets what it acknowledges":   "a device never got",
		"keeps a message twice":          "twice",
		"forgets receipts":               "twice",
		"franks what it wasn't given":    "the frank of seq",
		"takes messages of ended epochs": "ended epoch",
		"lets removed devices read":      "after its removal",
		"moves cursors back":             "moved back",
		"loses an event of a read":       "a gap",
		"doubles an event of a read":     "twice",
		"swaps events":                   "something else than before",
		"reads beyond what is stored":    "a mailbox ends at",
		"expires too early":              "before its time",
	} {
		t.Run(strings.ReplaceAll(how, " ", "_"), func(t *testing.T) {
			var found []string
			for seed := uint64(1); seed <= 12; seed++ {
				s := inBubble(t, seed, func(s server.Store) server.Store { return &spoiled{Store: s, how: how} })
				if strings.Contains(strings.Join(s.check.errors, "\n"), want) {
					return
				}
				found = append(found, s.check.String())
			}
			t.Errorf("no %q in 12 runs over a store that %s, but %q", want, how, found)
		})
	}
}
