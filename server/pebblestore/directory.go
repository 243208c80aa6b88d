package pebblestore

import (
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

// An accountRecord is the value of keyAccount.
type accountRecord struct {
	_          struct{} `cbor:",toarray"`
	Credential []byte
	Version    uint64 // of the newest list
	Reset      bool   // the newest list is a reset
	ResetDone  bool
}

func accountKey(a identity.Account) []byte { return append([]byte{keyAccount}, a...) }

func resetKey(a identity.Account) []byte { return append([]byte{keyReset}, a...) }

func listKey(a identity.Account, version uint64) []byte {
	return join(keyList, string(a), u64(version))
}

func enrollmentKey(d identity.Device) []byte {
	return join(keyEnrollment, string(d.Account()), []byte(d))
}

func (t *tx) account(a identity.Account) (*accountRecord, error) {
	return load[accountRecord](t.get, accountKey(a))
}

// CreateAccount implements [server.Directory].
func (s *Store) CreateAccount(ctx context.Context, a server.NewAccount) error {
	record := cbor.MustMarshal(accountRecord{Credential: a.Credential, Version: 1})
	list := cbor.MustMarshal(server.ListRecord{List: a.List, Version: 1, AcceptedMS: a.AcceptedMS})
	a.Records = slices.Clone(a.Records)
	for i, r := range a.Records {
		a.Records[i].Value = append([]byte{}, r.Value...)
	}
	return s.submit(ctx, operation{grows: true, bytes: len(record) + len(list), apply: func(t *tx) error {
		switch _, err := t.account(a.Account); {
		case err == nil:
			return server.ErrExists
		case !errors.Is(err, server.ErrNotFound):
			return err
		}
		x, err := s.box(a.Account)
		if err != nil {
			return err
		}
		t.set(accountKey(a.Account), record)
		t.set(listKey(a.Account, 1), list)
		for _, r := range a.Records {
			t.set(recordKey(a.Account, r.Kind, r.Key), r.Value)
		}
		t.join(x, a.Device, 0)
		return nil
	}})
}

// Account implements [server.Directory].
func (s *Store) Account(ctx context.Context, a identity.Account) (*server.Account, error) {
	result := &server.Account{Account: a}
	err := s.read(func(w *view) error {
		r, err := load[accountRecord](w.get, accountKey(a))
		if err != nil {
			return err
		}
		result.Credential, result.ResetDone = r.Credential, r.ResetDone
		newest, err := load[server.ListRecord](w.get, listKey(a, r.Version))
		if err != nil {
			return missing(err)
		}
		result.Current = *newest
		if r.Version > 1 {
			result.Previous, err = load[server.ListRecord](w.get, listKey(a, r.Version-1))
		}
		return missing(err)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

// missing turns ErrNotFound into ErrCorrupt, for what another record promises.
func missing(err error) error {
	if errors.Is(err, server.ErrNotFound) {
		return ErrCorrupt
	}
	return err
}

// Lists implements [server.Directory].
func (s *Store) Lists(ctx context.Context, a identity.Account, from uint64, max int) ([]identity.SignedDeviceList, error) {
	var lists []identity.SignedDeviceList
	err := s.read(func(w *view) error {
		r, err := load[accountRecord](w.get, accountKey(a))
		if err != nil {
			return err
		}
		if from == 0 {
			from = 1
		}
		for v := from; v <= r.Version && len(lists) < max; v++ {
			l, err := load[server.ListRecord](w.get, listKey(a, v))
			if err != nil {
				return missing(err)
			}
			lists = append(lists, l.List)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return lists, nil
}

// PutList implements [server.Directory].
func (s *Store) PutList(ctx context.Context, u server.ListUpdate) (touched []identity.Account, err error) {
	list := cbor.MustMarshal(server.ListRecord{List: u.List, Version: u.Version, AcceptedMS: u.AcceptedMS})
	u.Publish = cloneKeyPackages(u.Publish)
	u.Join, u.Leave, u.Gone = slices.Clone(u.Join), slices.Clone(u.Leave), slices.Clone(u.Gone)
	err = s.submit(ctx, operation{grows: true, alone: true, bytes: len(list), apply: func(t *tx) error {
		r, err := t.account(u.Account)
		if errors.Is(err, server.ErrNotFound) || err == nil && (r.Version+1 != u.Version || u.Cancel && r.ResetDone) {
			return server.ErrStale
		} else if err != nil {
			return err
		}
		rooms, err := t.roomsOf(u.Account)
		if err != nil {
			return err
		}
		drop, err := t.planDrop(u.Gone)
		if err != nil {
			return err
		}
		touched = accountsOf(u.Account, rooms)
		places, err := t.b.boxesOf(touched)
		if err != nil {
			return err
		}
		own, err := s.box(u.Account)
		if err != nil {
			return err
		}
		fresh, last, err := t.sortOut(u.Publish)
		if err != nil {
			return err
		}
		r.Version, r.Reset, r.ResetDone = u.Version, u.Reset, false
		t.set(accountKey(u.Account), cbor.MustMarshal(r))
		t.set(listKey(u.Account, u.Version), list)
		t.setReset(u)
		t.drop(own, u.Leave, drop, rooms, u.Gone)
		event := draftOf(&wire.Envelope{Kind: wire.EventDevices, AcceptedMS: u.AcceptedMS, Account: u.Account, Version: u.Version}, false, false)
		t.deliver(places, &entry{accepted: u.AcceptedMS}, &event, 0)
		for _, d := range u.Join {
			t.join(own, d, own.next)
			t.delete(enrollmentKey(d))
		}
		t.publish(fresh, last)
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return touched, nil
}

func (t *tx) setReset(u server.ListUpdate) {
	if u.Reset {
		t.set(resetKey(u.Account), u64(uint64(u.AcceptedMS)))
	} else {
		t.delete(resetKey(u.Account))
	}
}

// join gives a device its cursor.
func (t *tx) join(x *box, d identity.Device, pos uint64) {
	t.set(cursorKey(d), u64(pos))
	t.touch(x)
	t.after = append(t.after, func() { t.b.s.boxes.join(x, d, pos) })
}

// leave takes a device's cursor away.
func (t *tx) leave(x *box, d identity.Device) {
	t.delete(cursorKey(d))
	t.set(wasteKey(x.account), []byte{}) // perhaps all others have acknowledged more
	t.after = append(t.after, func() {
		t.b.s.boxes.leave(x, d)
		x.waste = true
		t.b.cold[x.account] = true
	})
}

func (m *boxes) join(x *box, d identity.Device, pos uint64) {
	m.leave(x, d)
	c := &cursorState{device: d, box: x, pending: pos, pos: pos}
	x.mu.Lock()
	x.cursors = append(x.cursors, c)
	x.mu.Unlock()
	x.reckon()
	m.devices.Store(d, c)
}

func (m *boxes) leave(x *box, d identity.Device) {
	x.mu.Lock()
	for i, c := range x.cursors {
		if c.device == d {
			c.left = true
			x.cursors = slices.Delete(slices.Clone(x.cursors), i, i+1)
			break
		}
	}
	x.mu.Unlock()
	x.reckon()
	m.devices.Delete(d)
}

// roomsOf returns the rooms in which a has a leaf.
func (t *tx) roomsOf(a identity.Account) ([]*server.Room, error) {
	var names []identity.Room
	prefix := join(keyMember, string(a))
	err := t.scan(prefix, func(key, _ []byte) (bool, error) {
		names = append(names, identity.Room(key[len(prefix):]))
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	rooms := make([]*server.Room, len(names))
	for i, name := range names {
		if rooms[i], err = t.room(name); err != nil {
			return nil, missing(err)
		}
	}
	return rooms, nil
}

// accountsOf returns a and the accounts of rooms, sorted.
func accountsOf(a identity.Account, rooms []*server.Room) []identity.Account {
	all := []identity.Account{a}
	for _, r := range rooms {
		all = append(all, r.Accounts...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// planDrop finds the keys that go with the key packages of gone.
func (t *tx) planDrop(gone []server.Leaf) (keys [][]byte, err error) {
	for _, l := range gone {
		keys = append(keys, lastResortKey(l.Device))
		err := t.scan(join(keyPackage, string(l.Device)), func(key, _ []byte) (bool, error) {
			keys = append(keys, slices.Clone(key))
			return true, nil
		})
		if err != nil {
			return nil, err
		}
	}
	return keys, nil
}

// drop takes the consequences of devices and leaves that left a list.
func (t *tx) drop(own *box, leave []identity.Device, keys [][]byte, rooms []*server.Room, gone []server.Leaf) {
	for _, d := range leave {
		t.leave(own, d)
	}
	t.dropRecords(own.account, leave)
	for _, k := range keys {
		t.delete(k)
	}
	for _, r := range rooms {
		if next := r.WithPending(gone); next != r {
			t.setRoom(next)
		}
	}
}

// FinishReset implements [server.Directory].
func (s *Store) FinishReset(ctx context.Context, f server.ResetFinish) error {
	f.Leave, f.Gone = slices.Clone(f.Leave), slices.Clone(f.Gone)
	return s.doAlone(ctx, func(t *tx) error {
		own, err := s.box(f.Account)
		if err != nil {
			return err
		}
		r, err := t.account(f.Account)
		if errors.Is(err, server.ErrNotFound) || err == nil && (r.Version != f.Version || !r.Reset || r.ResetDone) {
			return server.ErrStale
		} else if err != nil {
			return err
		}
		rooms, err := t.roomsOf(f.Account)
		if err != nil {
			return err
		}
		keys, err := t.planDrop(f.Gone)
		if err != nil {
			return err
		}
		r.ResetDone = true
		t.set(accountKey(f.Account), cbor.MustMarshal(r))
		t.delete(resetKey(f.Account))
		t.drop(own, f.Leave, keys, rooms, f.Gone)
		return nil
	})
}

// RunningResets implements [server.Directory].
func (s *Store) RunningResets(ctx context.Context, before int64) ([]identity.Account, error) {
	var running []identity.Account
	err := s.read(func(w *view) error {
		return w.scan([]byte{keyReset}, func(key, value []byte) (bool, error) {
			if int64(number(value)) < before {
				running = append(running, identity.Account(key[1:]))
			}
			return true, nil
		})
	})
	return running, err
}

// PutEnrollment implements [server.Directory].
func (s *Store) PutEnrollment(ctx context.Context, a identity.Account, e server.Enrollment, now int64, max int) error {
	record := cbor.MustMarshal(e)
	return s.submit(ctx, operation{grows: true, alone: true, bytes: len(record), apply: func(t *tx) error {
		if _, err := t.account(a); err != nil {
			return err
		}
		others := 0
		err := t.scan(join(keyEnrollment, string(a)), func(_, value []byte) (bool, error) {
			w, err := decode[server.Enrollment](value)
			if err == nil && w.Device != e.Device && w.Expires > now {
				others++
			}
			return true, err
		})
		if err != nil {
			return err
		}
		if others >= max {
			return server.ErrTooMany
		}
		t.set(enrollmentKey(e.Device), record)
		t.due(e.Expires, enrollmentKey(e.Device))
		return nil
	}})
}

// Enrollments implements [server.Directory].
func (s *Store) Enrollments(ctx context.Context, a identity.Account, now int64) ([]server.Enrollment, error) {
	var waiting []server.Enrollment
	err := s.read(func(w *view) error {
		if _, err := load[accountRecord](w.get, accountKey(a)); err != nil {
			return err
		}
		return w.scan(join(keyEnrollment, string(a)), func(_, value []byte) (bool, error) {
			e, err := decode[server.Enrollment](value)
			if err == nil && e.Expires > now {
				waiting = append(waiting, *e)
			}
			return true, err
		})
	})
	return waiting, err
}
