package memstore

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// A room is one with its newest group.
type room struct {
	now         *server.Room // replaced, never changed
	state, info []byte
	seq         uint64
	winners     map[server.Epoch]*envelope
}

// Room implements [server.Rooms].
func (s *Store) Room(ctx context.Context, name identity.Room) (*server.Room, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[name]
	if r == nil {
		return nil, server.ErrNotFound
	}
	return r.now, nil
}

// Group implements [server.Rooms].
func (s *Store) Group(ctx context.Context, name identity.Room) (*server.Group, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[name]
	if r == nil {
		return nil, server.ErrNotFound
	}
	return &server.Group{At: r.now.At(), Seq: r.now.Seq, State: bytes.Clone(r.state), Info: bytes.Clone(r.info)}, nil
}

// Receipt implements [server.Rooms].
func (s *Store) Receipt(ctx context.Context, op server.OperationID, now int64) (*server.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.receipts[server.OperationHash(op)]
	if !ok {
		return nil, server.ErrNotFound
	}
	return &r, nil
}

// Winner implements [server.Rooms].
func (s *Store) Winner(ctx context.Context, name identity.Room, generation uint32, epoch uint64) (*wire.Envelope, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.rooms[name]
	if r == nil {
		return nil, server.ErrNotFound
	}
	env := r.winners[server.Epoch{Generation: generation, Epoch: epoch}]
	if env == nil || !s.envelopes[env] {
		return nil, server.ErrNotFound
	}
	e := cloneEnvelope(env.Envelope)
	return &e, nil
}

// Open implements [server.Rooms].
func (s *Store) Open(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.receipts[server.OperationHash(u.Op)]; ok {
		return r, nil
	}
	if u.Before == nil {
		if r, ok := s.opened(u.Next.Set); ok {
			receipt := server.Receipt{Room: r.now.Room, Generation: r.now.Generation, AcceptedMS: u.Envelope.AcceptedMS}
			s.receipts[server.OperationHash(u.Op)] = receipt
			return receipt, nil
		}
		if s.rooms[u.Next.Room] != nil {
			return server.Receipt{}, server.ErrExists
		}
	}
	return s.update(u)
}

// opened returns the room that was opened for set and still is this set.
func (s *Store) opened(set []identity.Account) (*room, bool) {
	r := s.rooms[s.sets[setKey(set)]]
	if r == nil || !slices.Equal(r.now.Accounts, set) {
		return nil, false
	}
	return r, true
}

// Commit implements [server.Rooms].
func (s *Store) Commit(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.receipts[server.OperationHash(u.Op)]; ok {
		return r, nil
	}
	return s.update(u)
}

// update makes u's change if it still stands.
func (s *Store) update(u server.RoomUpdate) (server.Receipt, error) {
	for name, version := range u.Lists {
		if a := s.accounts[name]; a == nil || uint64(len(a.lists)) != version {
			return server.Receipt{}, server.ErrStale
		}
	}
	r := s.rooms[u.Next.Room]
	switch {
	case u.Before == nil:
		r = &room{now: &server.Room{}, winners: map[server.Epoch]*envelope{}}
		s.rooms[u.Next.Room] = r
		s.sets[setKey(u.Next.Set)] = u.Next.Room
	case r == nil:
		return server.Receipt{}, server.ErrNotFound
	case r.now.At() != *u.Before || !slices.Equal(r.now.Accounts, u.Was):
		return server.Receipt{}, server.ErrStale
	}
	r.seq++
	e, next := u.Envelope, u.Next
	e.Seq, next.Seq, next.Pending = r.seq, r.seq, nil
	env := s.deliver(union(r.now.Accounts, next.Accounts), e)
	r.now = cloneRoom(next).WithPending(r.now.Pending)
	r.state, r.info = bytes.Clone(u.State), bytes.Clone(u.Info)
	if e.Epoch < next.Epoch {
		r.winners[server.Epoch{Generation: e.Generation, Epoch: e.Epoch}] = env
	}
	receipt := server.Receipt{
		Room: next.Room, Generation: next.Generation, Created: true,
		Seq: r.seq, Epoch: next.Epoch, AcceptedMS: e.AcceptedMS,
	}
	s.receipts[server.OperationHash(u.Op)] = receipt
	return receipt, nil
}

// Leave implements [server.Rooms].
func (s *Store) Leave(ctx context.Context, u server.LeaveUpdate) (server.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.receipts[server.OperationHash(u.Op)]; ok {
		return r, nil
	}
	e := u.Envelope
	r := s.rooms[e.Room]
	switch {
	case r == nil:
		return server.Receipt{}, server.ErrNotFound
	case r.now.At() != u.Before || !slices.Equal(r.now.Accounts, u.Was):
		return server.Receipt{}, server.ErrStale
	}
	r.seq++
	e.Seq = r.seq
	s.deliver(r.now.Accounts, e)
	r.now, r.state = r.now.Left(u.Leaf), bytes.Clone(u.State)
	receipt := server.Receipt{Room: e.Room, Generation: e.Generation, Seq: r.seq, Epoch: e.Epoch, AcceptedMS: e.AcceptedMS}
	s.receipts[server.OperationHash(u.Op)] = receipt
	return receipt, nil
}

// Append implements [server.Rooms].
func (s *Store) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.receipts[server.OperationHash(op)]; ok {
		return r, nil
	}
	r := s.rooms[e.Room]
	switch {
	case r == nil:
		return server.Receipt{}, server.ErrNotFound
	case r.now.Generation != e.Generation || r.now.Epoch != e.Epoch:
		return server.Receipt{}, server.ErrStale
	case len(r.now.Pending) > 0:
		return server.Receipt{}, server.ErrPending
	}
	r.seq++
	e.Seq = r.seq
	server.FrankAll([]server.Stamped{{Stamp: stamp, Envelope: &e}})
	s.deliver(r.now.Accounts, e)
	receipt := server.Receipt{Room: e.Room, Generation: e.Generation, Seq: r.seq, Epoch: e.Epoch, AcceptedMS: e.AcceptedMS}
	s.receipts[server.OperationHash(op)] = receipt
	return receipt, nil
}

func setKey(set []identity.Account) string {
	var b strings.Builder
	for _, a := range set {
		b.WriteString(string(a) + " ")
	}
	return b.String()
}

func cloneRoom(r server.Room) *server.Room {
	r.Set, r.Accounts, r.Leaves = slices.Clone(r.Set), slices.Clone(r.Accounts), slices.Clone(r.Leaves)
	return &r
}
