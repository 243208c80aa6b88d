package simtest

import (
	"context"
	"errors"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// A nodeStore is the store as one node sees it: with failures, and with the memory
// that the contract of server.Store allows to a store of several nodes, which
// answers Room with what was true some time ago.
type nodeStore struct {
	*ledger
	remembers bool
	rooms     map[identity.Room]*server.Room
}

func newNodeStore(l *ledger, remembers bool) *nodeStore {
	return &nodeStore{ledger: l, remembers: remembers, rooms: map[identity.Room]*server.Room{}}
}

// A failure is what befalls one operation: its call number at, counted from 0, of
// those that it makes to the store. It travels in the context, so that it befalls
// nobody else.
type failure struct {
	at    int
	after bool // the effect has been had
	err   error
	calls int
}

type failureKey struct{}

func withFailure(ctx context.Context, f *failure) context.Context {
	return context.WithValue(ctx, failureKey{}, f)
}

// failing runs one call to the store, and has it fail where its turn has come.
func failing[T any](ctx context.Context, call func() (T, error)) (T, error) {
	f, _ := ctx.Value(failureKey{}).(*failure)
	if f == nil {
		return call()
	}
	f.calls++
	if f.calls-1 != f.at {
		return call()
	}
	var zero T
	if f.after {
		call()
	}
	return zero, f.err
}

// nothing is the value of a call that has only an error.
type nothing struct{}

func only(err error) (nothing, error) { return nothing{}, err }

func (s *nodeStore) Meta(ctx context.Context, name string, first []byte) ([]byte, error) {
	return failing(ctx, func() ([]byte, error) { return s.ledger.Meta(ctx, name, first) })
}

func (s *nodeStore) CreateAccount(ctx context.Context, a server.NewAccount) error {
	_, err := failing(ctx, func() (nothing, error) { return only(s.ledger.CreateAccount(ctx, a)) })
	return err
}

func (s *nodeStore) Account(ctx context.Context, a identity.Account) (*server.Account, error) {
	return failing(ctx, func() (*server.Account, error) { return s.ledger.Account(ctx, a) })
}

func (s *nodeStore) PutList(ctx context.Context, u server.ListUpdate) ([]identity.Account, error) {
	return failing(ctx, func() ([]identity.Account, error) { return s.ledger.PutList(ctx, u) })
}

func (s *nodeStore) AddKeyPackages(ctx context.Context, d identity.Device, packages []server.KeyPackage, max int) error {
	_, err := failing(ctx, func() (nothing, error) { return only(s.ledger.AddKeyPackages(ctx, d, packages, max)) })
	return err
}

func (s *nodeStore) ClaimKeyPackages(ctx context.Context, devices []identity.Device, suites []uint16, now int64) ([]server.KeyPackage, error) {
	return failing(ctx, func() ([]server.KeyPackage, error) { return s.ledger.ClaimKeyPackages(ctx, devices, suites, now) })
}

func (s *nodeStore) Room(ctx context.Context, room identity.Room) (*server.Room, error) {
	if r := s.rooms[room]; r != nil {
		return r, nil
	}
	r, err := failing(ctx, func() (*server.Room, error) { return s.ledger.Room(ctx, room) })
	if err == nil && s.remembers {
		s.rooms[room] = r
	}
	return r, err
}

func (s *nodeStore) Group(ctx context.Context, room identity.Room) (*server.Group, error) {
	g, err := failing(ctx, func() (*server.Group, error) { return s.ledger.Group(ctx, room) })
	if r := s.rooms[room]; err == nil && r != nil && r.At() != g.At {
		delete(s.rooms, room)
	}
	return g, err
}

func (s *nodeStore) Receipt(ctx context.Context, op server.OperationID, now int64) (*server.Receipt, error) {
	return failing(ctx, func() (*server.Receipt, error) { return s.ledger.Receipt(ctx, op, now) })
}

func (s *nodeStore) Winner(ctx context.Context, room identity.Room, generation uint32, epoch uint64) (*wire.Envelope, error) {
	return failing(ctx, func() (*wire.Envelope, error) { return s.ledger.Winner(ctx, room, generation, epoch) })
}

func (s *nodeStore) Open(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	r, err := failing(ctx, func() (server.Receipt, error) { return s.ledger.Open(ctx, u) })
	s.wrote(u.Next.Room, err)
	return r, err
}

func (s *nodeStore) Commit(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	r, err := failing(ctx, func() (server.Receipt, error) { return s.ledger.Commit(ctx, u) })
	delete(s.rooms, u.Next.Room)
	return r, err
}

func (s *nodeStore) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	r, err := failing(ctx, func() (server.Receipt, error) { return s.ledger.Append(ctx, op, e, stamp) })
	s.wrote(e.Room, err)
	return r, err
}

// wrote forgets what the contract says must not be remembered after an answer.
func (s *nodeStore) wrote(room identity.Room, err error) {
	if errors.Is(err, server.ErrStale) || errors.Is(err, server.ErrPending) {
		delete(s.rooms, room)
	}
}

func (s *nodeStore) Read(ctx context.Context, d identity.Device, after uint64, max, maxBytes int) (*wire.RawReadReply, error) {
	return failing(ctx, func() (*wire.RawReadReply, error) { return s.ledger.Read(ctx, d, after, max, maxBytes) })
}

func (s *nodeStore) Acknowledge(ctx context.Context, d identity.Device, pos uint64) error {
	_, err := failing(ctx, func() (nothing, error) { return only(s.ledger.Acknowledge(ctx, d, pos)) })
	return err
}

func (s *nodeStore) Sweep(ctx context.Context, limits server.SweepLimits) error {
	_, err := failing(ctx, func() (nothing, error) { return only(s.ledger.Sweep(ctx, limits)) })
	return err
}
