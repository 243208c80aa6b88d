package pebblestore_test

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley/internal/cbor"
	"parley/server"
	"parley/server/memstore"
	"parley/server/pebblestore"
	"parley/wire"
)

// mail reads what is in bob's mailbox after a position.
func (c *chat) mail(t *testing.T, after uint64) *wire.ReadReply {
	t.Helper()
	raw, err := c.store.Read(t.Context(), c.bob, after, wire.MaxReadEvents, wire.MaxReadBytes)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := raw.Decode()
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// A store that is set back to a backup gives no number a second time: neither
// those of after the backup, nor those of another restore of it.
func TestRaise(t *testing.T) {
	ctx, dir := t.Context(), t.TempDir()
	c := openChat(t, filepath.Join(dir, "data"), pebblestore.Options{Logger: quiet})
	c.send(t, "a", "x")
	c.send(t, "b", "x")
	if err := c.store.Acknowledge(ctx, c.bob, 2); err != nil {
		t.Fatal(err)
	}
	alice := c.room.Leaves[0].Device
	kp := server.KeyPackage{Device: alice, Ref: []byte("single use"), Suite: 1, NotAfter: 1 << 40, Message: []byte("kp")}
	if err := c.store.AddKeyPackages(ctx, alice, []server.KeyPackage{kp}, 100); err != nil {
		t.Fatal(err)
	}
	backups := []string{filepath.Join(dir, "one"), filepath.Join(dir, "two")}
	for _, b := range backups {
		if err := c.store.Backup(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	var lastSeq uint64
	for i := range 100 {
		lastSeq, _ = c.send(t, fmt.Sprint("lost", i), "x")
	}
	lastPos := c.mail(t, 0).Head
	c.store.Close()

	now := time.Now()
	for i, b := range backups {
		if err := os.Remove(filepath.Join(b, pebblestore.ManifestName)); err != nil {
			t.Fatal(err)
		}
		if err := pebblestore.Raise(ctx, b, pebblestore.Options{Logger: quiet}, now.Add(time.Duration(i)*time.Second)); err != nil {
			t.Fatal(err)
		}
		if report, err := verify(t, b); err != nil {
			t.Errorf("Verify after Raise: %v\n%s", err, report)
		}
		c = openChat(t, b, pebblestore.Options{Logger: quiet})
		lastPos, lastSeq = raisedChat(t, c, lastPos, lastSeq)
		if count, err := c.store.CountKeyPackages(ctx, alice, 1); err != nil || count.SingleUse != 0 {
			t.Errorf("%d key packages, %v; want none, the lost state may have given them away", count.SingleUse, err)
		}
		c.store.Close()
		if report, err := verify(t, b); err != nil {
			t.Errorf("Verify: %v\n%s", err, report)
		}
	}
}

// raisedChat checks a restored chat, in which no number is to come again up to
// those given, and returns what it has given.
func raisedChat(t *testing.T, c *chat, lastPos, lastSeq uint64) (pos, seq uint64) {
	t.Helper()
	ctx := t.Context()
	before := c.mail(t, lastPos) // a client goes on from where it was: it gets what is kept, with a gap in front
	if before.First <= lastPos || before.Head <= lastPos || before.Cursor <= lastPos {
		t.Errorf("first %d, head %d, cursor %d; want all above %d", before.First, before.Head, before.Cursor, lastPos)
	}
	if len(before.Events) == 0 || before.Events[0].Pos != before.First {
		t.Fatalf("%d events from %d on; want what was in the backup", len(before.Events), before.First)
	}
	if last := before.Events[len(before.Events)-1]; string(last.Envelope.ID) != "b" || last.Envelope.Seq != 3 {
		t.Errorf("the last in the backup is %q with seq %d; want it as it was: b, 3", last.Envelope.ID, last.Envelope.Seq)
	}
	if err := c.store.Acknowledge(ctx, c.bob, lastPos); err != nil {
		t.Errorf("acknowledging a position of before: %v", err)
	}
	if got := c.mail(t, lastPos).Cursor; got != before.Cursor {
		t.Errorf("the cursor went from %d to %d", before.Cursor, got)
	}
	seq, err := c.send(t, "new", "x")
	if err != nil || seq <= lastSeq {
		t.Errorf("seq %d, %v; want one above %d", seq, err, lastSeq)
	}
	after := c.mail(t, before.Head)
	if len(after.Events) != 1 || after.Events[0].Pos != before.Head+1 || after.Events[0].Envelope.Seq != seq {
		t.Errorf("after the head: %+v; want the new message at %d with seq %d", after.Events, before.Head+1, seq)
	}
	if err := c.store.Acknowledge(ctx, c.bob, after.Head+1); err == nil {
		t.Error("a position beyond the head was acknowledged")
	}
	if err := c.store.Acknowledge(ctx, c.bob, before.Head); err != nil {
		t.Fatal(err)
	}
	if got := c.mail(t, before.Head); got.Cursor != before.Head {
		t.Errorf("cursor %d; want %d", got.Cursor, before.Head)
	}
	sameWhenMoved(t, c, after)
	return after.Head, seq
}

// sameWhenMoved moves everything to another store: positions are what they were.
func sameWhenMoved(t *testing.T, c *chat, want *wire.ReadReply) {
	t.Helper()
	var records [][]byte
	if err := c.store.Dump(t.Context(), func(r *server.Record) error {
		records = append(records, cbor.MustMarshal(r))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	moved := memstore.New()
	err := moved.Load(t.Context(), func() (*server.Record, error) {
		if len(records) == 0 {
			return nil, io.EOF
		}
		r := new(server.Record)
		err := cbor.Unmarshal(records[0], r)
		records = records[1:]
		return r, err
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := moved.Read(t.Context(), c.bob, want.Events[0].Pos-1, 10, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	got := slices.IndexFunc(raw.Events, func(e wire.RawEvent) bool { return e.Pos == want.Events[0].Pos })
	if raw.Head != want.Head || got != 0 {
		t.Errorf("moved, the head is %d and %d events come; want %d and the new one", raw.Head, len(raw.Events), want.Head)
	}
}
