package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

var directoryTests = []testCase{
	{"CreateAccount", testCreateAccount},
	{"AccountUnknown", testAccountUnknown},
	{"ListsInOrder", testLists},
	{"PutListStale", testPutListStale},
	{"PutListTellsWhoSharesARoom", testPutListTells},
	{"PutListJoins", testPutListJoins},
	{"PutListMakesPending", testPutListPending},
	{"Resets", testResets},
	{"Enrollments", testEnrollments},
}

func testCreateAccount(t *testing.T, s server.Store) {
	create(t, s, alice)
	if err := s.CreateAccount(t.Context(), newAccount(alice, 2)); !errors.Is(err, server.ErrExists) {
		t.Errorf("a second time: %v; want ErrExists", err)
	}
	a, err := s.Account(t.Context(), alice)
	if err != nil {
		t.Fatal(err)
	}
	if string(a.Credential) != "credential of "+string(alice) || a.Current.Version != 1 || a.Previous != nil || a.ResetDone ||
		a.Current.AcceptedMS != 1000 || string(a.Current.List.Body) != string(list(alice, 1).Body) {
		t.Errorf("Account = %+v", a)
	}
	reply := read(t, s, device(alice, 1))
	if len(reply.Events) != 0 || reply.Head != 0 || reply.First != 1 || reply.Cursor != 0 {
		t.Errorf("the mailbox is %+v; want an empty one", reply)
	}
}

func testAccountUnknown(t *testing.T, s server.Store) {
	_, errAccount := s.Account(t.Context(), alice)
	_, errLists := s.Lists(t.Context(), alice, 1, 10)
	_, errWaiting := s.Enrollments(t.Context(), alice, 0)
	errPut := s.PutEnrollment(t.Context(), alice, server.Enrollment{Device: device(alice, 1)}, 0, 5)
	for _, err := range []error{errAccount, errLists, errWaiting, errPut} {
		if !errors.Is(err, server.ErrNotFound) {
			t.Errorf("of an unknown account: %v; want ErrNotFound", err)
		}
	}
}

// put adds a list of a without consequences.
func put(t *testing.T, s server.Store, a identity.Account, version uint64) []identity.Account {
	t.Helper()
	touched, err := s.PutList(t.Context(), server.ListUpdate{Account: a, List: list(a, version), Version: version, AcceptedMS: int64(version) * 1000})
	if err != nil {
		t.Fatal(err)
	}
	return touched
}

func testLists(t *testing.T, s server.Store) {
	create(t, s, alice)
	for v := uint64(2); v <= 5; v++ {
		put(t, s, alice, v)
	}
	for _, c := range []struct {
		from  uint64
		max   int
		wants []uint64
	}{{0, 10, []uint64{1, 2, 3, 4, 5}}, {3, 10, []uint64{3, 4, 5}}, {2, 2, []uint64{2, 3}}, {6, 10, nil}} {
		lists, err := s.Lists(t.Context(), alice, c.from, c.max)
		var bodies, wants []string
		for _, l := range lists {
			bodies = append(bodies, string(l.Body))
		}
		for _, v := range c.wants {
			wants = append(wants, string(list(alice, v).Body))
		}
		if err != nil || !slices.Equal(bodies, wants) {
			t.Errorf("Lists from %d, at most %d = %q, %v; want %q", c.from, c.max, bodies, err, wants)
		}
	}
	a, err := s.Account(t.Context(), alice)
	if err != nil || a.Current.Version != 5 || a.Previous == nil || a.Previous.Version != 4 || a.Current.AcceptedMS != 5000 {
		t.Errorf("Account = %+v, %v", a, err)
	}
}

func testPutListStale(t *testing.T, s server.Store) {
	create(t, s, alice)
	for _, u := range []server.ListUpdate{{Account: alice, Version: 1}, {Account: alice, Version: 3}, {Account: bob, Version: 1}} {
		if _, err := s.PutList(t.Context(), u); !errors.Is(err, server.ErrStale) {
			t.Errorf("version %d of %s after 1: %v; want ErrStale", u.Version, u.Account.Name(), err)
		}
	}
	if head := read(t, s, device(alice, 1)).Head; head != 0 {
		t.Errorf("a refused list left an event: head %d", head)
	}
}

func testPutListTells(t *testing.T, s server.Store) {
	create(t, s, alice, bob, carol)
	open(t, s, 1, alice, bob)
	if touched, want := put(t, s, alice, 2), []identity.Account{alice, bob}; !slices.Equal(touched, want) {
		t.Errorf("touched %v; want %v", touched, want)
	}
	expect(t, "bob's mailbox", texts(t, read(t, s, device(bob, 1))), []string{"commit 0", "devices alice 2"})
	expect(t, "alice's mailbox", texts(t, read(t, s, device(alice, 1))), []string{"commit 0", "devices alice 2"})
	expect(t, "carol's mailbox", texts(t, read(t, s, device(carol, 1))), nil)
	e := read(t, s, device(bob, 1)).Events[1].Envelope
	if e.Kind != wire.EventDevices || e.Account != alice || e.Version != 2 || e.AcceptedMS != 2000 || e.Seq != 0 {
		t.Errorf("the event is %+v", e)
	}
}

func testPutListJoins(t *testing.T, s server.Store) {
	create(t, s, alice)
	r := open(t, s, 1, alice)
	send(t, s, r, 1)
	d2 := device(alice, 2)
	kp := server.KeyPackage{Device: d2, Ref: []byte("ref"), Suite: 1, NotAfter: 100, Message: []byte("kp")}
	last := server.KeyPackage{Device: d2, Ref: []byte("last"), Suite: 1, NotAfter: 100, Message: []byte("last"), LastResort: true}
	waiting := server.Enrollment{Device: d2, Key: key(alice, 2), Claim: []byte("claim"), Expires: 5000}
	if err := s.PutEnrollment(t.Context(), alice, waiting, 0, 5); err != nil {
		t.Fatal(err)
	}
	_, err := s.PutList(t.Context(), server.ListUpdate{
		Account: alice, List: list(alice, 2), Version: 2, Join: []identity.Device{d2}, Publish: []server.KeyPackage{kp, last},
	})
	if err != nil {
		t.Fatal(err)
	}
	if reply := read(t, s, d2); reply.Cursor != reply.Head || reply.Head != 3 {
		t.Errorf("the new device starts at %d of %d; want the head, 3", reply.Cursor, reply.Head)
	}
	if n, err := s.CountKeyPackages(t.Context(), d2, 0); err != nil || n.SingleUse != 1 || !n.LastResort {
		t.Errorf("its key packages: %+v, %v", n, err)
	}
	if w, err := s.Enrollments(t.Context(), alice, 0); err != nil || len(w) != 0 {
		t.Errorf("it still waits: %v, %v", w, err)
	}
}

func testPutListPending(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	r := open(t, s, 1, alice, bob)
	other := open(t, s, 2, bob)
	d := device(alice, 1)
	kp := server.KeyPackage{Device: d, Ref: []byte("ref"), Suite: 1, NotAfter: 100, Message: []byte("kp")}
	if err := s.AddKeyPackages(t.Context(), d, []server.KeyPackage{kp}, 10); err != nil {
		t.Fatal(err)
	}
	gone := []server.Leaf{leaf(alice, 1)}
	_, err := s.PutList(t.Context(), server.ListUpdate{Account: alice, List: list(alice, 2), Version: 2, Leave: []identity.Device{d}, Gone: gone})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Read(t.Context(), d, 0, 1, 1); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("the device that left reads: %v; want ErrNotFound", err)
	}
	if n, err := s.CountKeyPackages(t.Context(), d, 0); err != nil || n.SingleUse != 0 {
		t.Errorf("it keeps key packages: %+v, %v", n, err)
	}
	op, e := message(r, 1)
	if _, err := s.Append(t.Context(), op, e, server.Stamp{}); !errors.Is(err, server.ErrPending) {
		t.Errorf("a message: %v; want ErrPending", err)
	}
	send(t, s, other, 2) // a room without its leaf goes on
	now, err := s.Room(t.Context(), r.Room)
	if err != nil || !slices.Equal(now.Pending, gone) {
		t.Fatalf("pending = %v, %v; want %v", now.Pending, err, gone)
	}
	// A commit that leaves the leaf where it is ends nothing.
	if _, err := s.Commit(t.Context(), committing(now, 3, now.Leaves...)); err != nil {
		t.Fatal(err)
	}
	now, _ = s.Room(t.Context(), r.Room)
	op, e = message(now, 4)
	if _, err := s.Append(t.Context(), op, e, server.Stamp{}); !errors.Is(err, server.ErrPending) {
		t.Errorf("after another commit: %v; want ErrPending", err)
	}
	if _, err := s.Commit(t.Context(), committing(now, 5, leaf(bob, 1))); err != nil {
		t.Fatal(err)
	}
	now, _ = s.Room(t.Context(), r.Room)
	send(t, s, now, 6)
}

func testResets(t *testing.T, s server.Store) {
	create(t, s, alice, bob)
	r := open(t, s, 1, alice, bob)
	d1, d2 := device(alice, 1), device(alice, 2)
	_, err := s.PutList(t.Context(), server.ListUpdate{Account: alice, List: list(alice, 2), Version: 2, Reset: true, AcceptedMS: 5000, Join: []identity.Device{d2}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		before int64
		want   string
	}{{5000, ""}, {5001, "alice"}} {
		got, err := s.RunningResets(t.Context(), c.before)
		var names []string
		for _, a := range got {
			names = append(names, a.Name())
		}
		if err != nil || strings.Join(names, " ") != c.want {
			t.Errorf("RunningResets before %d = %v, %v; want %q", c.before, names, err, c.want)
		}
	}
	finish := server.ResetFinish{Account: alice, Version: 2, Leave: []identity.Device{d1}, Gone: []server.Leaf{leaf(alice, 1)}}
	for _, f := range []server.ResetFinish{{Account: alice, Version: 1}, {Account: bob, Version: 1}, {Account: carol, Version: 1}} {
		if err := s.FinishReset(t.Context(), f); !errors.Is(err, server.ErrStale) {
			t.Errorf("finishing %s %d: %v; want ErrStale", f.Account.Name(), f.Version, err)
		}
	}
	if err := s.FinishReset(t.Context(), finish); err != nil {
		t.Fatal(err)
	}
	if err := s.FinishReset(t.Context(), finish); !errors.Is(err, server.ErrStale) {
		t.Errorf("finishing it twice: %v; want ErrStale", err)
	}
	if got, err := s.RunningResets(t.Context(), 9000); err != nil || len(got) != 0 {
		t.Errorf("RunningResets = %v, %v; want none", got, err)
	}
	a, err := s.Account(t.Context(), alice)
	if err != nil || !a.ResetDone {
		t.Errorf("Account = %+v, %v; want the reset done", a, err)
	}
	cancel := server.ListUpdate{Account: alice, List: list(alice, 3), Version: 3, Cancel: true}
	if _, err := s.PutList(t.Context(), cancel); !errors.Is(err, server.ErrStale) {
		t.Errorf("cancelling it then: %v; want ErrStale", err)
	}
	op, e := message(r, 1)
	if _, err := s.Append(t.Context(), op, e, server.Stamp{}); !errors.Is(err, server.ErrPending) {
		t.Errorf("a message: %v; want ErrPending", err)
	}
	if _, err := s.Read(t.Context(), d1, 0, 1, 1); !errors.Is(err, server.ErrNotFound) {
		t.Errorf("the old device reads: %v; want ErrNotFound", err)
	}
}

func testEnrollments(t *testing.T, s server.Store) {
	create(t, s, alice)
	e := func(n byte, expires int64) server.Enrollment {
		return server.Enrollment{
			Device: device(alice, n), Key: key(alice, n), Claim: []byte{n}, Signature: []byte("s"), Expires: expires,
			KeyPackages: []server.KeyPackage{{Device: device(alice, n), Ref: []byte{n}, Message: []byte("kp")}},
		}
	}
	for _, c := range []struct {
		e    server.Enrollment
		now  int64
		want error
	}{
		{e(2, 100), 0, nil},
		{e(3, 200), 0, nil},
		{e(4, 200), 0, server.ErrTooMany},
		{e(3, 300), 0, nil},   // it is one of those that wait
		{e(4, 200), 100, nil}, // 2 has expired
	} {
		if err := s.PutEnrollment(t.Context(), alice, c.e, c.now, 2); !errors.Is(err, c.want) {
			t.Errorf("device %s at %d: %v; want %v", c.e.Device.ID(), c.now, err, c.want)
		}
	}
	got, err := s.Enrollments(t.Context(), alice, 150)
	if err != nil || len(got) != 2 {
		t.Fatalf("Enrollments = %v, %v; want 3 and 4", got, err)
	}
	for _, w := range got {
		if w.Device == device(alice, 3) && w.Expires != 300 {
			t.Errorf("device 3 expires at %d; want the second note's 300", w.Expires)
		}
		if len(w.KeyPackages) != 1 || string(w.KeyPackages[0].Message) != "kp" {
			t.Errorf("its key packages are %v", w.KeyPackages)
		}
	}
}
