// Package memstore keeps a server.Store in memory, for tests and trials.
package memstore

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"parley/identity"
	"parley/internal/cbor"
	"parley/server"
	"parley/wire"
)

var _ server.Store = (*Store)(nil)

// A Store is a server.Store that ends with the process. [New] makes one.
type Store struct {
	mu          sync.Mutex // guards all that follows
	meta        map[string][]byte
	accounts    map[identity.Account]*account
	keyPackages map[identity.Device]*keyPackages
	rooms       map[identity.Room]*room
	sets        map[string]identity.Room    // by setKey
	receipts    map[[16]byte]server.Receipt // by server.OperationHash
	envelopes   map[*envelope]bool          // all that are kept
	count       uint64                      // of envelopes ever
	ledger      map[string][]byte
}

// An account is one with its mailbox.
type account struct {
	credential []byte
	lists      []server.ListRecord // by version, from 1
	reset      bool                // the newest is a reset
	resetDone  bool
	waiting    map[identity.Device]server.Enrollment
	cursors    map[identity.Device]uint64
	records    map[string]map[string][]byte // by kind, by key
	first      uint64                       // position of box[0]
	box        []*envelope                  // the envelope of each position kept
}

func (a *account) head() uint64 { return a.first - 1 + uint64(len(a.box)) }

// An envelope knows how many mailboxes still need it.
type envelope struct {
	wire.Envelope
	n    uint64 // in the order in which they came
	raw  []byte // encoded
	refs int
}

// New returns an empty store.
func New() *Store {
	return &Store{
		meta:        map[string][]byte{},
		ledger:      map[string][]byte{},
		accounts:    map[identity.Account]*account{},
		keyPackages: map[identity.Device]*keyPackages{},
		rooms:       map[identity.Room]*room{},
		sets:        map[string]identity.Room{},
		receipts:    map[[16]byte]server.Receipt{},
		envelopes:   map[*envelope]bool{},
	}
}

// Meta implements [server.Store].
func (s *Store) Meta(ctx context.Context, name string, first []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.meta[name] == nil {
		s.meta[name] = bytes.Clone(first)
	}
	return bytes.Clone(s.meta[name]), nil
}

// deliver puts e at the end of the mailbox of each of accounts.
func (s *Store) deliver(accounts []identity.Account, e wire.Envelope) *envelope {
	s.count++
	env := &envelope{Envelope: cloneEnvelope(e), n: s.count, raw: cbor.MustMarshal(e)}
	for _, name := range accounts {
		if a := s.accounts[name]; a != nil {
			a.box = append(a.box, env)
			env.refs++
		}
	}
	s.envelopes[env] = true
	return env
}

// Read implements [server.Mailboxes].
func (s *Store) Read(ctx context.Context, device identity.Device, after uint64, limit, maxBytes int) (*wire.RawReadReply, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, cursor, err := s.mailbox(device)
	if err != nil {
		return nil, err
	}
	reply := &wire.RawReadReply{Head: a.head(), First: a.first, Cursor: cursor}
	size := 0
	for pos := max(after+1, a.first); pos > after && pos <= a.head() && len(reply.Events) < limit; pos++ {
		raw := a.box[pos-a.first].raw
		size += len(raw)
		if len(reply.Events) > 0 && size > maxBytes {
			break
		}
		reply.Events = append(reply.Events, wire.RawEvent{Pos: pos, Envelope: raw})
	}
	return reply, nil
}

// Acknowledge implements [server.Mailboxes].
func (s *Store) Acknowledge(ctx context.Context, device identity.Device, pos uint64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, cursor, err := s.mailbox(device)
	switch {
	case err != nil:
		return err
	case pos > a.head():
		return server.ErrBeyond
	}
	a.cursors[device] = max(cursor, pos)
	return nil
}

func (s *Store) mailbox(device identity.Device) (*account, uint64, error) {
	a := s.accounts[device.Account()]
	if a == nil {
		return nil, 0, server.ErrNotFound
	}
	cursor, ok := a.cursors[device]
	if !ok {
		return nil, 0, server.ErrNotFound
	}
	return a, cursor, nil
}

// Sweep implements [server.Store].
func (s *Store) Sweep(ctx context.Context, limits server.SweepLimits) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.accounts {
		a.sweep(limits)
	}
	for env := range s.envelopes {
		if env.refs == 0 {
			delete(s.envelopes, env)
		}
	}
	for key, r := range s.receipts {
		if r.AcceptedMS < limits.Receipts {
			delete(s.receipts, key)
		}
	}
	for _, k := range s.keyPackages {
		k.sweep(limits.Now / 1000)
	}
	return nil
}

// sweep takes from the front of the mailbox what every device has, or what is
// too old.
func (a *account) sweep(limits server.SweepLimits) {
	acked := a.head()
	for _, cursor := range a.cursors {
		acked = min(acked, cursor)
	}
	for len(a.box) > 0 && (a.first <= acked || a.box[0].AcceptedMS < limits.Envelopes) {
		a.box[0].refs--
		a.box = a.box[1:]
		a.first++
	}
	for device, e := range a.waiting {
		if e.Expires <= limits.Now {
			delete(a.waiting, device)
		}
	}
}

func cloneEnvelope(e wire.Envelope) wire.Envelope {
	e.ID, e.Message, e.Welcome = bytes.Clone(e.ID), bytes.Clone(e.Message), bytes.Clone(e.Welcome)
	return e
}

func cloneList(l identity.SignedDeviceList) identity.SignedDeviceList {
	l.Body, l.Signature = bytes.Clone(l.Body), bytes.Clone(l.Signature)
	return l
}

// union returns the accounts of both, sorted.
func union(a, b []identity.Account) []identity.Account {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}
