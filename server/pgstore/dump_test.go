package pgstore_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"testing"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/server/pgstore"
	"parley/wire"
)

// fillSite makes a site with some of everything.
func fillSite(t *testing.T, s server.Store) []*server.Room {
	t.Helper()
	rooms := benchRooms(t, s, 3)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := s.Meta(t.Context(), "name", []byte("value"))
	must(err)
	for i, r := range rooms {
		for n := range 5 {
			_, err := s.Append(t.Context(), benchOp(r, int64(10*i+n)), benchMessage(r, int64(n)), server.Stamp{})
			must(err)
		}
	}
	d := rooms[0].Leaves[0].Device
	must(s.Acknowledge(t.Context(), d, 3))
	must(s.Acknowledge(t.Context(), rooms[0].Leaves[1].Device, 3))
	must(s.AddKeyPackages(t.Context(), d, []server.KeyPackage{
		{Device: d, Ref: []byte("a"), Suite: 1, NotAfter: 1 << 40, Message: []byte("package")},
		{Device: d, Ref: []byte("b"), Suite: 1, NotAfter: 1 << 40, Message: []byte("package")},
		{Device: d, Ref: []byte("z"), Suite: 1, NotAfter: 1 << 40, Message: []byte("package"), LastResort: true},
	}, 10))
	_, err = s.ClaimKeyPackages(t.Context(), []identity.Device{d}, []uint16{1}, 0)
	must(err)
	keeps := rooms[2].Leaves[0].Device
	must(s.AddKeyPackages(t.Context(), keeps, []server.KeyPackage{{Device: keeps, Ref: []byte("a"), Suite: 1, NotAfter: 1 << 40, Message: []byte("package")}}, 10))
	waits := identity.NewDevice(d.Account(), [16]byte{9})
	must(s.PutEnrollment(t.Context(), d.Account(), server.Enrollment{Device: waits, Claim: []byte("claim"), Expires: 1 << 50}, 0, 5))
	_, err = s.PutList(t.Context(), server.ListUpdate{
		Account: d.Account(), Version: 2, AcceptedMS: benchNow, Gone: rooms[0].Leaves[:1], Join: []identity.Device{identity.NewDevice(d.Account(), [16]byte{7})},
	})
	must(err)
	must(s.Sweep(t.Context(), server.SweepLimits{}))
	return rooms
}

// digest counts the records of each kind and adds up their hashes, in any order.
func digest(t *testing.T, s server.Dumper) map[string]string {
	t.Helper()
	count, sum := map[string]int{}, map[string][32]byte{}
	err := s.Dump(t.Context(), func(r *server.Record) error {
		kind := kindOf(r)
		count[kind]++
		h, total := sha256.Sum256(cbor.MustMarshal(r)), sum[kind]
		for i := range total {
			total[i] ^= h[i]
		}
		sum[kind] = total
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for kind := range count {
		all[kind] = fmt.Sprintf("%d %x", count[kind], sum[kind])
	}
	return all
}

func kindOf(r *server.Record) string {
	switch {
	case r.Meta != nil:
		return "meta"
	case r.Account != nil:
		return "account"
	case r.Enrollment != nil:
		return "enrollment"
	case r.KeyPackage != nil:
		return "key package"
	case r.UsedPackage != nil:
		return "used"
	case r.Room != nil:
		return "room"
	case r.Receipt != nil:
		return "receipt"
	}
	return "envelope"
}

// move loads what from dumps into to.
func move(t *testing.T, from server.Dumper, to server.Loader) error {
	t.Helper()
	records := make(chan *server.Record)
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		defer close(records)
		from.Dump(t.Context(), func(r *server.Record) error {
			var kept server.Record
			if err := cbor.Unmarshal(cbor.MustMarshal(r), &kept); err != nil {
				return err
			}
			select {
			case records <- &kept:
				return nil
			case <-stop:
				return io.ErrClosedPipe
			}
		})
	}()
	return to.Load(t.Context(), func() (*server.Record, error) {
		if r, ok := <-records; ok {
			return r, nil
		}
		return nil, io.EOF
	})
}

func TestDumpAndLoad(t *testing.T) {
	from, to := open(t, database(t)), open(t, database(t))
	rooms := fillSite(t, from)
	if err := move(t, from, to); err != nil {
		t.Fatal(err)
	}
	got, want := digest(t, to), digest(t, from)
	if !maps.Equal(got, want) || len(want) != 8 {
		t.Errorf("loaded %v; want %v", got, want)
	}
	if err := move(t, from, to); !errors.Is(err, server.ErrExists) {
		t.Errorf("Load into a store that isn't empty: %v; want ErrExists", err)
	}
	goesOn(t, to, rooms)
}

// goesOn checks that a moved site is where it was.
func goesOn(t *testing.T, s server.Store, rooms []*server.Room) {
	t.Helper()
	r := rooms[1]
	again, err := s.Append(t.Context(), benchOp(r, 12), benchMessage(r, 12), server.Stamp{})
	if err != nil || again.Seq != 4 {
		t.Errorf("a message of before, again: %+v, %v; want seq 4", again, err)
	}
	next, err := s.Append(t.Context(), benchOp(r, 500), benchMessage(r, 500), server.Stamp{})
	if err != nil || next.Seq != 7 {
		t.Errorf("the next message: %+v, %v; want seq 7", next, err)
	}
	if _, err := s.Append(t.Context(), benchOp(rooms[0], 501), benchMessage(rooms[0], 501), server.Stamp{}); !errors.Is(err, server.ErrPending) {
		t.Errorf("a message to the room with a removal pending: %v; want ErrPending", err)
	}
	reply, err := s.Read(t.Context(), rooms[0].Leaves[1].Device, 0, 100, 1<<20)
	if err != nil || reply.First != 4 || reply.Head != 7 || reply.Cursor != 3 || len(reply.Events) != 4 {
		t.Errorf("Read = %d events of %+v, %v", len(reply.Events), reply, err)
	}
	d := rooms[0].Leaves[0].Device
	if n, err := s.CountKeyPackages(t.Context(), d, 0); err != nil || n.SingleUse != 0 {
		t.Errorf("CountKeyPackages = %+v, %v; want none: the device left", n, err)
	}
	if _, err := s.Winner(t.Context(), r.Room, 0, 0); err != nil {
		t.Errorf("Winner: %v", err)
	}
	if receipt, err := s.Open(t.Context(), openingAgain(r)); err != nil || receipt.Created || receipt.Room != r.Room {
		t.Errorf("Open of the same set: %+v, %v", receipt, err)
	}
}

func openingAgain(r *server.Room) server.RoomUpdate {
	name := identity.RandomRoom("example.org")
	return server.RoomUpdate{
		Op:       server.OperationID{Kind: wire.EventOpen, Device: r.Leaves[0].Device, ID: []byte("another opening.")},
		Next:     server.Room{Room: name, Kind: wire.KindDirect, Set: r.Set, Epoch: 1, Accounts: r.Accounts, Leaves: r.Leaves},
		Envelope: wire.Envelope{Kind: wire.EventOpen, Room: name, AcceptedMS: benchNow},
	}
}

// TestLoadFails: after an error nothing is there.
func TestLoadFails(t *testing.T) {
	from, to := open(t, database(t)), open(t, database(t))
	rooms := fillSite(t, from)
	broken := errors.New("broken")
	n := 0
	err := to.Load(t.Context(), func() (*server.Record, error) {
		if n++; n > 3 {
			return nil, broken
		}
		return &server.Record{Meta: &server.MetaDump{Name: fmt.Sprint(n), Value: []byte("v")}}, nil
	})
	if !errors.Is(err, broken) {
		t.Errorf("Load = %v; want the source's error", err)
	}
	if err := move(t, from, to); err != nil {
		t.Fatalf("the database isn't empty after it: %v", err)
	}
	goesOn(t, to, rooms)
}

var _ server.Dumper = (*pgstore.Store)(nil)
