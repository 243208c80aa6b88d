package pebblestore

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

func roomKey(kind byte, room identity.Room) []byte { return append([]byte{kind}, room...) }

// Room implements [server.Rooms].
func (s *Store) Room(ctx context.Context, name identity.Room) (*server.Room, error) {
	if r := s.rooms.get(name); r != nil {
		return r, nil
	}
	var room *server.Room
	err := s.read(func(w *view) (err error) {
		if room, err = load[server.Room](w.get, roomKey(keyRoom, name)); err != nil {
			return err
		}
		s.rooms.put(room, func() bool { return s.views.current(w) })
		return nil
	})
	return room, err
}

// Group implements [server.Rooms].
func (s *Store) Group(ctx context.Context, name identity.Room) (*server.Group, error) {
	var g *server.Group
	err := s.read(func(w *view) error {
		r, err := load[server.Room](w.get, roomKey(keyRoom, name))
		if err != nil {
			return err
		}
		state, err := w.get(roomKey(keyState, name))
		if err != nil {
			return err
		}
		info, err := w.get(roomKey(keyInfo, name))
		if err != nil {
			return err
		}
		g = &server.Group{At: r.At(), Seq: r.Seq, State: state, Info: info}
		return nil
	})
	return g, err
}

// Receipt implements [server.Rooms].
func (s *Store) Receipt(ctx context.Context, op server.OperationID, now int64) (r *server.Receipt, err error) {
	err = s.read(func(w *view) (err error) {
		r, err = receipt(w.get, operationHash(op), now)
		return err
	})
	if err == nil && r == nil {
		err = server.ErrNotFound
	}
	return r, err
}

// receipt looks in this week and the one before; nil where there is none.
func receipt(get func([]byte) ([]byte, error), id receiptID, now int64) (*server.Receipt, error) {
	this := week(now)
	for w := this; w+2 > this && w <= this; w-- {
		r, err := load[server.Receipt](get, receiptKey(w, id))
		if !errors.Is(err, server.ErrNotFound) {
			return r, err
		}
	}
	return nil, nil
}

// Winner implements [server.Rooms].
func (s *Store) Winner(ctx context.Context, name identity.Room, generation uint32, epoch uint64) (*wire.Envelope, error) {
	var e *envelopeRecord
	err := s.read(func(w *view) error {
		id, err := w.get(winnerKey(name, server.Epoch{Generation: generation, Epoch: epoch}))
		if err != nil {
			return err
		}
		if id == nil {
			return server.ErrNotFound
		}
		e, err = load[envelopeRecord](w.get, envelopeKey(number(id)))
		return err
	})
	if err != nil {
		return nil, err
	}
	return &e.Envelope, nil
}

// room returns a room as the group sees it, or ErrNotFound.
func (t *tx) room(name identity.Room) (*server.Room, error) {
	if r := t.rooms[name]; r != nil {
		return r, nil
	}
	if r := t.b.s.rooms.get(name); r != nil {
		return r, nil // of before the group: only the batcher changes rooms
	}
	return load[server.Room](t.get, roomKey(keyRoom, name))
}

func (t *tx) setRoom(r *server.Room) {
	t.rooms[r.Room] = r
	t.set(roomKey(keyRoom, r.Room), cbor.MustMarshal(r))
}

// seq returns the last seq of a room.
func (t *tx) seq(name identity.Room) (uint64, error) {
	if n, ok := t.b.seqs[name]; ok {
		return n, nil
	}
	v, err := t.get(roomKey(keySeq, name))
	return number(v), err
}

func (t *tx) setSeq(name identity.Room, n uint64) {
	t.b.seqs[name] = n
	t.set(roomKey(keySeq, name), u64(n))
}

func (t *tx) setReceipt(id receiptID, r server.Receipt) {
	t.set(receiptKey(week(r.AcceptedMS), id), cbor.MustMarshal(r))
}

// Open implements [server.Rooms].
func (s *Store) Open(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	return s.update(ctx, u, func(t *tx, id receiptID) (*server.Receipt, error) {
		if u.Before != nil {
			return nil, nil
		}
		there, err := t.opened(u.Next.Set)
		if err != nil {
			return nil, err
		}
		if there != nil {
			r := server.Receipt{Room: there.Room, Generation: there.Generation, AcceptedMS: u.Envelope.AcceptedMS}
			t.setReceipt(id, r)
			return &r, nil
		}
		switch _, err := t.room(u.Next.Room); {
		case err == nil:
			return nil, server.ErrExists
		case !errors.Is(err, server.ErrNotFound):
			return nil, err
		}
		return nil, nil
	})
}

// opened returns the room that was opened for set and still is this set, or
// nil.
func (t *tx) opened(set []identity.Account) (*server.Room, error) {
	name, err := t.get(setKey(set))
	if err != nil || name == nil {
		return nil, err
	}
	r, err := t.room(identity.Room(name))
	if err != nil {
		return nil, missing(err)
	}
	if !slices.Equal(r.Accounts, set) {
		return nil, nil
	}
	return r, nil
}

// Commit implements [server.Rooms].
func (s *Store) Commit(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	return s.update(ctx, u, func(*tx, receiptID) (*server.Receipt, error) { return nil, nil })
}

// update makes u's change unless first, which comes after the look for a
// receipt, answers.
func (s *Store) update(ctx context.Context, u server.RoomUpdate, first func(*tx, receiptID) (*server.Receipt, error)) (server.Receipt, error) {
	u = cloneUpdate(u)
	id := operationHash(u.Op)
	var result server.Receipt
	err := s.do(ctx, func(t *tx) error {
		r, err := receipt(t.get, id, u.Envelope.AcceptedMS)
		if err == nil && r == nil {
			r, err = first(t, id)
		}
		if err == nil && r == nil {
			r, err = t.update(u, id)
		}
		if err == nil {
			result = *r
		}
		return err
	})
	return result, err
}

func cloneUpdate(u server.RoomUpdate) server.RoomUpdate {
	u.Next.Set, u.Next.Accounts = slices.Clone(u.Next.Set), slices.Clone(u.Next.Accounts)
	u.Next.Leaves = slices.Clone(u.Next.Leaves)
	u.State, u.Info = bytes.Clone(u.State), bytes.Clone(u.Info)
	u.Envelope = cloneEnvelope(u.Envelope)
	u.Lists = maps.Clone(u.Lists)
	return u
}

func (t *tx) update(u server.RoomUpdate, id receiptID) (*server.Receipt, error) {
	before := &server.Room{}
	if u.Before != nil {
		var err error
		if before, err = t.room(u.Next.Room); err != nil {
			return nil, err
		}
		if before.At() != *u.Before {
			return nil, server.ErrStale
		}
	}
	if err := t.checkLists(u.Lists); err != nil {
		return nil, err
	}
	seq, err := t.seq(u.Next.Room)
	if err != nil {
		return nil, err
	}
	both := slices.Concat(before.Accounts, u.Next.Accounts)
	slices.Sort(both)
	place, err := t.place(slices.Compact(both))
	if err != nil {
		return nil, err
	}
	e, next := u.Envelope, u.Next
	e.Seq, next.Seq, next.Pending = seq+1, seq+1, nil
	t.setSeq(next.Room, seq+1)
	envelope := t.deliver(place, &e)
	if e.Epoch < next.Epoch {
		t.set(winnerKey(next.Room, server.Epoch{Generation: e.Generation, Epoch: e.Epoch}), u64(envelope))
	}
	t.setRoom((&next).WithPending(before.Pending))
	t.set(roomKey(keyState, next.Room), u.State)
	t.set(roomKey(keyInfo, next.Room), u.Info)
	t.setMembers(before, &next)
	if u.Before == nil {
		t.set(setKey(next.Set), []byte(next.Room))
	}
	r := server.Receipt{
		Room: next.Room, Generation: next.Generation, Created: true,
		Seq: seq + 1, Epoch: next.Epoch, AcceptedMS: e.AcceptedMS,
	}
	t.setReceipt(id, r)
	return &r, nil
}

// checkLists returns ErrStale unless each version is the account's newest.
func (t *tx) checkLists(lists map[identity.Account]uint64) error {
	for name, version := range lists {
		a, err := t.account(name)
		switch {
		case errors.Is(err, server.ErrNotFound) || err == nil && a.Version != version:
			return server.ErrStale
		case err != nil:
			return err
		}
	}
	return nil
}

// setMembers keeps, for each account, which rooms it has leaves in.
func (t *tx) setMembers(before, after *server.Room) {
	for _, a := range after.Accounts {
		if !before.Has(a) {
			t.set(join(keyMember, string(a), []byte(after.Room)), []byte{})
		}
	}
	for _, a := range before.Accounts {
		if !after.Has(a) {
			t.delete(join(keyMember, string(a), []byte(after.Room)))
		}
	}
}

// Append implements [server.Rooms].
func (s *Store) Append(ctx context.Context, op server.OperationID, e wire.Envelope) (server.Receipt, error) {
	e = cloneEnvelope(e)
	id := operationHash(op)
	var result server.Receipt
	err := s.do(ctx, func(t *tx) error {
		if r, err := receipt(t.get, id, e.AcceptedMS); err != nil || r != nil {
			if r != nil {
				result = *r
			}
			return err
		}
		r, err := t.room(e.Room)
		switch {
		case err != nil:
			return err
		case r.Generation != e.Generation || r.Epoch != e.Epoch:
			return server.ErrStale
		case len(r.Pending) > 0:
			return server.ErrPending
		}
		result, err = t.append(r, id, &e)
		return err
	})
	return result, err
}

func (t *tx) append(r *server.Room, id receiptID, e *wire.Envelope) (server.Receipt, error) {
	seq, err := t.seq(r.Room)
	if err != nil {
		return server.Receipt{}, err
	}
	place, err := t.place(r.Accounts)
	if err != nil {
		return server.Receipt{}, err
	}
	e.Seq = seq + 1
	t.setSeq(r.Room, e.Seq)
	t.deliver(place, e)
	receipt := server.Receipt{Room: r.Room, Generation: r.Generation, Seq: e.Seq, Epoch: e.Epoch, AcceptedMS: e.AcceptedMS}
	t.setReceipt(id, receipt)
	return receipt, nil
}
