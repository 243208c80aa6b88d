package pebblestore

import (
	"context"
	"slices"

	"parley/identity"
	"parley/server"
)

// EraseAccount implements [server.Directory]. First nothing more comes, then the
// mailbox is let go, then the rest goes: who is interrupted finds the account still
// there, and begins anew.
func (s *Store) EraseAccount(ctx context.Context, a identity.Account) error {
	if err := s.doAlone(ctx, func(t *tx) error { return t.cutOff(a) }); err != nil {
		return err
	}
	for more := true; more; {
		err := s.submit(ctx, operation{alone: true, changes: true, apply: func(t *tx) (err error) {
			more, err = t.empties(a)
			return err
		}})
		if err != nil {
			return err
		}
	}
	return s.doAlone(ctx, func(t *tx) error { return t.eraseRest(a) })
}

// cutOff takes a out of its rooms, and its devices' cursors away.
func (t *tx) cutOff(a identity.Account) error {
	if _, err := t.account(a); err != nil {
		return err
	}
	own, err := t.b.s.box(a)
	if err != nil {
		return err
	}
	rooms, err := t.roomsOf(a)
	if err != nil {
		return err
	}
	for _, r := range rooms {
		next, forget := r.Erased(a)
		t.setRoom(next)
		t.setMembers(r, next)
		t.delete(setKey(r.Set))
		if forget {
			t.set(roomKey(keyState, r.Room), []byte{})
			t.set(roomKey(keyInfo, r.Room), []byte{})
		}
	}
	for _, c := range slices.Clone(own.cursors) {
		t.leave(own, c.device)
	}
	t.saveAll = true // so that the mailbox can be let go
	return nil
}

// empties lets go some of a's mailbox, in which nobody waits for anything, and
// reports whether there is more.
func (t *tx) empties(a identity.Account) (more bool, err error) {
	x, err := t.b.s.box(a)
	if err != nil {
		return false, err
	}
	t.saveAll = true
	if err := t.letGoCold([]identity.Account{a}, sweepPositions); err != nil {
		return false, err
	}
	return t.b.wasteful(x), nil
}

// eraseRest deletes what stands under a's name.
func (t *tx) eraseRest(a identity.Account) error {
	if _, err := t.account(a); err != nil {
		return err
	}
	x, err := t.b.s.box(a)
	if err != nil {
		return err
	}
	dead := [][]byte{accountKey(a), resetKey(a), mailboxKey(a), wasteKey(a)}
	collect := func(prefix []byte) error {
		return t.scan(prefix, func(key, value []byte) (bool, error) {
			dead = append(dead, slices.Clone(key))
			due, err := t.dueOf(key, value)
			dead = append(dead, due...)
			return true, err
		})
	}
	for _, kind := range []byte{keyList, keyEnrollment, keyRecord, keyMail, keyCursor, keyMember} {
		if err := collect(join(kind, string(a))); err != nil {
			return err
		}
	}
	devices := "mimi://" + a.Domain() + "/d/" + a.Name() + "/"
	for _, kind := range []byte{keyPackage, keyUsed, keyLastResort} {
		if err := collect(append([]byte{kind}, devices...)); err != nil {
			return err
		}
	}
	for _, key := range dead {
		t.delete(key)
	}
	t.after = append(t.after, func() {
		delete(t.b.cold, a)
		m := &t.b.s.boxes
		m.loading.Lock()
		defer m.loading.Unlock()
		for _, r := range t.b.rooms {
			r.boxes = nil
		}
		if !x.gone {
			m.drop(x)
		}
	})
	return nil
}

// dueOf returns the keys by which Sweep would look at what stands at key.
func (t *tx) dueOf(key, value []byte) (due [][]byte, err error) {
	switch key[0] {
	case keyEnrollment:
		e, err := decode[server.Enrollment](value)
		if err != nil {
			return nil, err
		}
		return [][]byte{dueKey(e.Expires, key)}, nil
	case keyUsed:
		// The package itself may have been given away, and falls due all the same.
		ms := 1000 * int64(number(value))
		device, _ := split(key[1:])
		due = append(due, dueKey(ms, key))
		err = t.scan(dueKey(ms, join(keyPackage, string(device))), func(key, _ []byte) (bool, error) {
			due = append(due, slices.Clone(key))
			return true, nil
		})
	}
	return due, err
}
