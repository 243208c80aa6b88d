package pgstore_test

import (
	"testing"
	"time"

	"parley/server"
	"parley/server/pgstore/pgtest"
)

// A database that was set back gives no number a second time, and keeps what it
// holds in its order.
func TestRaise(t *testing.T) {
	ctx := t.Context()
	s := open(t, pgtest.Database(t))
	rooms := fillSite(t, s)
	r := rooms[2]
	reader := r.Leaves[1].Device
	before, err := s.Read(ctx, reader, 0, 100, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for round, now := range []time.Time{time.Now(), time.Now().Add(time.Second), time.Unix(0, 0)} { // the last is of a clock that is wrong
		if err := s.Raise(ctx, now); err != nil {
			t.Fatal(err)
		}
		after, err := s.Read(ctx, reader, before.Head, 100, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if after.First <= before.Head || after.Cursor < before.Cursor+(after.First-before.First) || after.Head-after.First != before.Head-before.First {
			t.Errorf("round %d: first %d, head %d, cursor %d after %d, %d, %d; want all moved alike, above the old head",
				round, after.First, after.Head, after.Cursor, before.First, before.Head, before.Cursor)
		}
		kept, err := s.Read(ctx, reader, 0, 100, 1<<20)
		if err != nil {
			t.Fatal(err)
		}
		if len(kept.Events) != len(after.Events) || len(kept.Events) == 0 || kept.Events[0].Pos != after.First {
			t.Errorf("round %d: %d events from 0 on, %d from the old head on; want the same, from %d", round, len(kept.Events), len(after.Events), after.First)
		}
		if err := s.Acknowledge(ctx, reader, before.Head); err != nil {
			t.Errorf("round %d: acknowledging a position of before: %v", round, err)
		}
		receipt, err := s.Append(ctx, benchOp(r, int64(1000+round)), benchMessage(r, int64(1000+round)), server.Stamp{})
		if err != nil {
			t.Fatal(err)
		}
		if receipt.Seq <= before.Head || now.Unix() > 0 && receipt.Seq != uint64(now.UnixMicro())+1 {
			t.Errorf("round %d: seq %d; want the one after %d", round, receipt.Seq, now.UnixMicro())
		}
		count, err := s.CountKeyPackages(ctx, r.Leaves[0].Device, 0)
		if err != nil || count.SingleUse != 0 {
			t.Errorf("round %d: %d key packages, %v; want none", round, count.SingleUse, err)
		}
		if before, err = s.Read(ctx, reader, after.Head, 100, 1<<20); err != nil {
			t.Fatal(err)
		}
		if len(before.Events) != 1 || before.Events[0].Pos != after.Head+1 {
			t.Errorf("round %d: %+v after the head; want the new message", round, before.Events)
		}
	}
}
