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
	id := operationHash(op)
	err = s.do(ctx, func(t *tx) error {
		found, err := t.receipt(id, now)
		if err == nil && found == nil {
			err = server.ErrNotFound
		}
		if err == nil {
			clone := *found
			r = &clone
		}
		return err
	})
	return r, err
}

// Winner implements [server.Rooms].
func (s *Store) Winner(ctx context.Context, name identity.Room, generation uint32, epoch uint64) (*wire.Envelope, error) {
	var e wire.Envelope
	err := s.read(func(w *view) error {
		id, err := w.get(winnerKey(name, server.Epoch{Generation: generation, Epoch: epoch}))
		if err != nil {
			return err
		}
		if id == nil {
			return server.ErrNotFound
		}
		value, err := w.get(envelopeKey(number(id)))
		if err != nil {
			return err
		}
		if value == nil {
			return server.ErrNotFound
		}
		r, err := readRecord(value)
		if err != nil {
			return err
		}
		return r.decode(&e)
	})
	if err != nil {
		return nil, err
	}
	return &e, nil
}

// room returns a room as the group sees it, or ErrNotFound.
func (t *tx) room(name identity.Room) (*server.Room, error) {
	r, err := t.b.room(name)
	if err != nil {
		return nil, err
	}
	return r.room, nil
}

// setRoom changes a room, or makes it.
func (t *tx) setRoom(room *server.Room) *roomState {
	r := t.b.rooms[room.Room]
	if r == nil {
		r = &roomState{name: room.Room}
		t.b.rooms[room.Room] = r
	}
	t.touchRoom(r)
	r.room, r.boxes = room, nil
	t.put(roomKey(keyRoom, room.Room), cbor.MustMarshal(room))
	return r
}

func (t *tx) setReceipt(id receiptID, r server.Receipt) {
	t.b.seen.add(id, r.AcceptedMS)
	t.set(receiptKey(week(r.AcceptedMS), id), appendReceipt(nil, &r))
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
	size := len(u.State) + len(u.Info) + len(u.Envelope.Message) + len(u.Envelope.Welcome)
	err := s.submit(ctx, operation{grows: true, bytes: size, apply: func(t *tx) error {
		r, err := t.receipt(id, u.Envelope.AcceptedMS)
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
	}})
	return result, err
}

func cloneUpdate(u server.RoomUpdate) server.RoomUpdate {
	u.Next.Set, u.Next.Accounts = slices.Clone(u.Next.Set), slices.Clone(u.Next.Accounts)
	u.Next.Leaves = slices.Clone(u.Next.Leaves)
	u.State, u.Info = bytes.Clone(u.State), bytes.Clone(u.Info)
	u.Envelope = cloneEnvelope(u.Envelope)
	u.Lists, u.Was = maps.Clone(u.Lists), slices.Clone(u.Was)
	return u
}

var errOtherRoom = errors.New("pebblestore: the envelope isn't of the room")

func (t *tx) update(u server.RoomUpdate, id receiptID) (*server.Receipt, error) {
	if u.Envelope.Room != u.Next.Room { // a start reads the one from the other
		return nil, errOtherRoom
	}
	before := &server.Room{}
	if u.Before != nil {
		var err error
		if before, err = t.room(u.Next.Room); err != nil {
			return nil, err
		}
		if before.At() != *u.Before || !slices.Equal(before.Accounts, u.Was) {
			return nil, server.ErrStale
		}
	}
	if err := t.checkLists(u.Lists); err != nil {
		return nil, err
	}
	var seq uint64
	if u.Before != nil {
		state, err := t.b.room(u.Next.Room)
		if err != nil {
			return nil, err
		}
		seq = state.seq
	}
	both := slices.Concat(before.Accounts, u.Next.Accounts)
	slices.Sort(both)
	boxes, err := t.b.boxesOf(slices.Compact(both))
	if err != nil {
		return nil, err
	}
	next := u.Next
	next.Seq, next.Pending = seq+1, nil
	state := t.setRoom((&next).WithPending(before.Pending))
	r := server.Receipt{
		Room: next.Room, Generation: next.Generation, Created: true,
		Seq: seq + 1, Epoch: next.Epoch, AcceptedMS: u.Envelope.AcceptedMS,
	}
	d := draftOf(&u.Envelope, true, false)
	e := &entry{accepted: u.Envelope.AcceptedMS, hasOp: true, op: id, receipt: r, room: state}
	t.deliver(boxes, e, &d, seq+1)
	if u.Envelope.Epoch < next.Epoch {
		t.set(winnerKey(next.Room, server.Epoch{Generation: u.Envelope.Generation, Epoch: u.Envelope.Epoch}), u64(e.id))
	}
	t.set(roomKey(keyState, next.Room), u.State)
	t.set(roomKey(keyInfo, next.Room), u.Info)
	t.setMembers(before, &next)
	if u.Before == nil {
		t.set(setKey(next.Set), []byte(next.Room))
	}
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

// Leave implements [server.Rooms].
func (s *Store) Leave(ctx context.Context, u server.LeaveUpdate) (server.Receipt, error) {
	u.Was, u.State, u.Envelope = slices.Clone(u.Was), bytes.Clone(u.State), cloneEnvelope(u.Envelope)
	id := operationHash(u.Op)
	var result server.Receipt
	err := s.submit(ctx, operation{grows: true, bytes: len(u.State) + len(u.Envelope.Message), apply: func(t *tx) error {
		r, err := t.receipt(id, u.Envelope.AcceptedMS)
		if err == nil && r == nil {
			r, err = t.leaveRoom(u, id)
		}
		if err == nil {
			result = *r
		}
		return err
	}})
	return result, err
}

func (t *tx) leaveRoom(u server.LeaveUpdate, id receiptID) (*server.Receipt, error) {
	state, err := t.b.room(u.Envelope.Room)
	if err != nil {
		return nil, err
	}
	before := state.room
	if before.At() != u.Before || !slices.Equal(before.Accounts, u.Was) {
		return nil, server.ErrStale
	}
	boxes, err := t.b.boxesOf(before.Accounts)
	if err != nil {
		return nil, err
	}
	after := before.Left(u.Leaf)
	state = t.setRoom(after)
	e := &u.Envelope
	r := server.Receipt{Room: e.Room, Generation: e.Generation, Seq: state.seq + 1, Epoch: e.Epoch, AcceptedMS: e.AcceptedMS}
	d := draftOf(e, true, false)
	t.deliver(boxes, &entry{accepted: e.AcceptedMS, hasOp: true, op: id, receipt: r, room: state}, &d, r.Seq)
	t.set(roomKey(keyState, e.Room), u.State)
	t.setMembers(before, after)
	return &r, nil
}

// Append implements [server.Rooms].
func (s *Store) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	a := &appending{id: operationHash(op), envelope: e, stamp: stamp, draft: draftOf(&e, true, stamp.By != nil)}
	a.envelope.ID, a.envelope.Message, a.envelope.Welcome = nil, nil, nil // they are the caller's
	err := s.submit(ctx, operation{grows: true, bytes: len(e.Message), apply: a.apply})
	if err != nil {
		return server.Receipt{}, err
	}
	return a.receipt, nil
}

// appending is an Append on its way through the batcher.
type appending struct {
	id       receiptID
	envelope wire.Envelope
	stamp    server.Stamp
	draft    draft
	entry    *entry // once it has a place
	receipt  server.Receipt
}

func (a *appending) apply(t *tx) error {
	e := &a.envelope
	if r, err := t.receipt(a.id, e.AcceptedMS); err != nil || r != nil {
		if r != nil {
			a.receipt = *r
		}
		return err
	}
	r, err := t.b.room(e.Room)
	switch {
	case err != nil:
		return err
	case r.room.Generation != e.Generation || r.room.Epoch != e.Epoch:
		return server.ErrStale
	case len(r.room.Pending) > 0:
		return server.ErrPending
	}
	boxes, err := t.b.mailboxes(r)
	if err != nil {
		return err
	}
	a.receipt = server.Receipt{Room: r.name, Generation: e.Generation, Seq: r.seq + 1, Epoch: e.Epoch, AcceptedMS: e.AcceptedMS}
	e.Seq = a.receipt.Seq
	a.entry = &entry{accepted: e.AcceptedMS, hasOp: true, op: a.id, receipt: a.receipt, room: r}
	t.place(boxes, a.entry, e.Seq)
	if a.stamp.By == nil {
		t.record(a.entry, a.draft.finish(e.Seq, nil))
		return nil
	}
	t.stamped = append(t.stamped, server.Stamped{Stamp: a.stamp, Envelope: e})
	t.franked = append(t.franked, a)
	t.unwritten += len(a.draft.buf)
	if len(t.stamped) == server.MaxTree { // the processor's cache still has what was made of them
		t.frank()
	}
	return nil
}
