package client_test

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"parley/client"
	"parley/client/memstore"
	"parley/identity"
	"parley/server/pebblestore"
	"parley/wire"
)

// A restorable is a world whose data can be backed up and set back.
type restorable struct {
	*world
	store *pebblestore.Store
	dir   string
	opts  pebblestore.Options
}

func newRestorable(t *testing.T) *restorable {
	dir := t.TempDir() // it is removed once the server has ended
	w := &restorable{world: newWorld(t), dir: dir, opts: pebblestore.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}}
	w.stop()
	w.open("first")
	t.Cleanup(func() { w.stop(); w.store.Close() })
	return w
}

func (w *restorable) open(name string) {
	w.t.Helper()
	var err error
	if w.store, err = pebblestore.Open(filepath.Join(w.dir, name), w.opts); err != nil {
		w.t.Fatal(err)
	}
	w.data = w.store
	w.start()
}

func (w *restorable) backup(name string) {
	w.t.Helper()
	if err := w.store.Backup(w.t.Context(), filepath.Join(w.dir, name)); err != nil {
		w.t.Fatal(err)
	}
}

// restore does what the operator does after the data was lost.
func (w *restorable) restore(name string) {
	w.t.Helper()
	w.stop()
	w.store.Close()
	dir := filepath.Join(w.dir, name)
	if err := os.Remove(filepath.Join(dir, pebblestore.ManifestName)); err != nil {
		w.t.Fatal(err)
	}
	if err := pebblestore.Raise(w.t.Context(), dir, w.opts, time.Now()); err != nil {
		w.t.Fatal(err)
	}
	w.open(name)
}

// newest returns the version of the newest list that the server has of p's account.
func (p *person) newest() uint64 {
	p.w.t.Helper()
	r, err := client.CallAs[wire.DeviceLists](p.w.t.Context(), p.Client, wire.OpDeviceLists, wire.DeviceListsRequest{Account: p.Account(), From: 1})
	if err != nil {
		p.w.t.Fatal(err)
	}
	return r.Newest
}

// A device that was added after the backup is back once another device of its
// account has connected, and nobody has to do anything.
func TestDeviceAddedAfterTheBackup(t *testing.T) {
	for _, bobFirst := range []bool{false, true} {
		w, ctx := newRestorable(t), t.Context()
		ann, bob := w.signUp("ann"), w.signUp("bob")
		ann.sendTo("before", "bob")
		bob.want("before")
		ann.sync()
		w.backup("backup")

		phone := ann.secondDevice()
		bob.sendTo("to both", "ann")
		ann.want("to both")
		phone.want("to both")
		bob.sync()
		refused := len(bob.refusals())
		w.restore("backup")

		if err := phone.Sync(ctx); !errors.Is(err, &wire.Error{Code: wire.CodeUnlistedDevice}) {
			t.Fatalf("the phone, of which the server knows nothing: %v", err)
		}
		if bobFirst { // he doesn't believe the old list, and waits
			_ = bob.Sync(ctx)
			if _, err := bob.SendTo(ctx, []string{"ann"}, "early"); err != nil && !errors.Is(err, client.ErrQueued) && !errors.Is(err, identity.ErrRollback) {
				t.Fatal(err)
			}
			_ = bob.Sync(ctx)
			told := slices.DeleteFunc(bob.refusals(), func(code string) bool { return code != "rolled_back_device_list" })
			if len(told) != 1 {
				t.Errorf("bob refused %v; want the old list among it, once", bob.refusals())
			}
			refused = len(bob.refusals())
		}
		ann.sync()
		if got := ann.newest(); got != 2 {
			t.Fatalf("the server's newest list is %d; want 2", got)
		}
		for range 2 {
			phone.sync()
			ann.sync()
			bob.sync()
		}
		var early []string
		if bobFirst {
			early = []string{"early"}
		}
		bob.sendTo("after", "ann")
		ann.want(append(early, "after")...)
		if got := phone.news(); !slices.Equal(got, []string{"after"}) && !slices.Equal(got, append(early, "after")) {
			t.Fatalf("the phone reads %q", got)
		}
		phone.sendTo("from the phone", "bob")
		bob.want("from the phone")
		ann.want("from the phone")
		if got := bob.refusals(); len(got) != refused {
			t.Errorf("bob refused %v; want nothing more than the %d before", got, refused)
		}
		for _, p := range []*person{ann, phone} {
			if got := p.refusals(); slices.ContainsFunc(got, func(code string) bool { return code == "rolled_back_device_list" || code == "no_keys" }) {
				t.Errorf("ann's devices refused %v", got)
			}
		}
	}
}

// A device that was removed after the backup is out again as soon as another one
// has connected; who was added and removed meanwhile leaves no gap.
func TestDeviceRemovedAfterTheBackup(t *testing.T) {
	w, ctx := newRestorable(t), t.Context()
	ann, bob := w.signUp("ann"), w.signUp("bob")
	lost := ann.secondDevice()
	ann.sendTo("before", "bob")
	bob.want("before")
	w.backup("backup")
	third := ann.secondDevice()
	for _, p := range []*person{lost, third} {
		if err := ann.RemoveDevice(ctx, p.Device().ID()); err != nil {
			t.Fatal(err)
		}
	}
	bob.sync()
	w.restore("backup")
	_ = lost.Sync(ctx) // it is back for now
	ann.sync()
	if got := ann.newest(); got != 5 {
		t.Fatalf("the server's newest list is %d; want 5", got)
	}
	for _, p := range []*person{lost, third} {
		if err := p.Sync(ctx); !errors.Is(err, &wire.Error{Code: wire.CodeUnlistedDevice}) {
			t.Errorf("a removed device: %v; want unlisted_device", err)
		}
	}
	bob.sync()
	bob.sendTo("after", "ann")
	ann.want("after")
}

// A conversation that is begun before the account's other device has connected again
// has it in it afterwards.
func TestOpenedBeforeTheOtherDeviceIsBack(t *testing.T) {
	w := newRestorable(t)
	ann, bob := w.signUp("ann"), w.signUp("bob")
	w.backup("backup")
	phone := ann.secondDevice()
	w.restore("backup")
	bob.sync()
	ann.sync()
	ann.sendTo("first", "bob")
	bob.want("first")
	phone.sync()
	ann.sync()
	bob.sendTo("second", "ann")
	ann.want("second")
	phone.want("second")
}

// A device that was approved before the data was lost, and hadn't read anything yet,
// comes into the conversations of before.
func TestApprovedButNotConnectedBeforeTheLoss(t *testing.T) {
	w, ctx := newRestorable(t), t.Context()
	ann, bob := w.signUp("ann"), w.signUp("bob")
	ann.sendTo("before", "bob")
	bob.want("before")
	ann.sync()
	w.backup("backup")
	phone := &person{w: w.world, store: memstore.New(), login: ann.login, seal: ann.seal}
	var err error
	if phone.Client, err = client.Enroll(ctx, w.config(phone.store), phone.seal, ann.Account(), phone.login); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(ann.Approve(ctx, phone.Code()), phone.AwaitApproval(ctx)); err != nil {
		t.Fatal(err)
	}
	w.restore("backup")
	for range 2 {
		ann.sync()
		phone.sync()
	}
	bob.sync()
	bob.sendTo("after", "ann")
	ann.want("after")
	phone.want("after")
}

// Two devices of an account put the same lists again at the same time.
func TestListsAreGivenBackByTwo(t *testing.T) {
	w := newRestorable(t)
	ann := w.signUp("ann")
	phone := ann.secondDevice()
	w.backup("backup")
	for range 2 {
		ann.secondDevice()
	}
	ann.sync()
	phone.sync()
	w.restore("backup")
	tp, others := ann.tapped(), 0
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpPutDeviceList && others == 0 {
			others++
			phone.sync()
		}
		return nil
	}, nil)
	ann.sync()
	if got := phone.newest(); got != 4 || others != 1 {
		t.Errorf("the server's newest list is %d; want 4", got)
	}
	for _, p := range []*person{ann, phone} {
		if got := p.refusals(); slices.Contains(got, "rolled_back_device_list") {
			t.Errorf("refused: %v", got)
		}
	}
}

// A device whose home is of before lists were kept gathers them while the server
// has them.
func TestOldHomeGathersLists(t *testing.T) {
	w, ctx := newRestorable(t), t.Context()
	ann := w.signUp("ann")
	w.backup("backup")
	ann.secondDevice()
	ann.sync()
	if err := ann.DropOwnLists(ctx); err != nil {
		t.Fatal(err)
	}
	ann.restart()
	ann.sync()
	w.restore("backup")
	ann.sync()
	if got := ann.newest(); got != 2 {
		t.Fatalf("the server's newest list is %d; want 2", got)
	}
}

// A server that shows an old list, though it has the newer ones, gets the very
// lists that it had, once each time that it is asked, and no other signature. Of
// one that shows a list that never was, it gets nothing.
func TestServerAsksForListsAgain(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	ann := w.signUp("ann")
	ann.secondDevice()
	ann.secondDevice()
	ann.sync()
	had, err := client.CallAs[wire.DeviceLists](ctx, ann.Client, wire.OpDeviceLists, wire.DeviceListsRequest{Account: ann.Account(), From: 1})
	if err != nil || had.Newest != 3 {
		t.Fatal(had, err)
	}
	for _, c := range []struct {
		name  string
		shown []identity.SignedDeviceList
		want  []identity.SignedDeviceList
	}{
		{"the first", had.Lists[:1], had.Lists[1:]},
		{"the second", had.Lists[1:2], had.Lists[2:]},
		{"two", had.Lists[:2], nil},
		{"none", nil, nil},
		{"another one", listChain(t, ann.Account(), 1), nil},
	} {
		var got []identity.SignedDeviceList
		tp := ann.tapped()
		tp.set(func(op wire.Operation, request []byte) error {
			var req wire.PutDeviceListRequest
			if op == wire.OpPutDeviceList {
				if err := wire.Unmarshal(request, &req); err != nil {
					t.Error(err)
				}
				got = append(got, req.List)
			}
			return nil
		}, func(op wire.Operation, _, answer []byte) ([]byte, error) {
			if op != wire.OpDeviceLists {
				return answer, nil
			}
			newest := uint64(1)
			if len(c.shown) > 0 {
				l, err := c.shown[len(c.shown)-1].Parse()
				if err != nil {
					t.Fatal(err)
				}
				newest = l.Version
			}
			return wire.Marshal(wire.DeviceLists{Newest: newest, Lists: c.shown})
		})
		if _, err := ann.Devices(ctx); !errors.Is(err, identity.ErrRollback) {
			t.Errorf("%s: %v; want ErrRollback", c.name, err)
		}
		if !slices.EqualFunc(got, c.want, same) {
			t.Errorf("%s: %d lists were put; want %d, as they were", c.name, len(got), len(c.want))
		}
		tp.set(nil, nil)
		if _, err := ann.Devices(ctx); err != nil {
			t.Errorf("%s, and then the truth: %v", c.name, err)
		}
	}
}

func same(a, b identity.SignedDeviceList) bool {
	return bytes.Equal(a.Body, b.Body) && a.Signer == b.Signer && bytes.Equal(a.Signature, b.Signature)
}
