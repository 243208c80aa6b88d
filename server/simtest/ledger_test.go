package simtest

import (
	"context"
	"errors"
	"slices"
	"sync"

	"parley/identity"
	"parley/mls/public"
	"parley/server"
	"parley/wire"
)

// A ledger is the observer at the store: it notes what the store took and holds
// everything that the store says afterwards against it.
type ledger struct {
	server.Store
	fail func(format string, args ...any)

	mu      sync.Mutex // one call after the other, so that the model is exact
	boxes   map[identity.Account]*box
	rooms   map[identity.Room]*roomLog
	ops     map[operation]server.Receipt
	gone    map[identity.Device]bool // left its list
	expired int64                    // the newest SweepLimits.Envelopes
}

// An operation is a server.OperationID as a key.
type operation struct {
	kind   wire.EventKind
	device identity.Device
	id     string
}

func (e *entry) operation() operation { return operation{e.kind, e.sender, e.id} }

// A box is the model of a mailbox: entries[i] is at position i+1.
type box struct {
	entries []*entry
	cursors map[identity.Device]uint64
}

// An entry is what the store took, or what a client was given.
type entry struct {
	kind       wire.EventKind
	room       identity.Room
	seq, epoch uint64
	sender     identity.Device
	id         string
	account    identity.Account
	version    uint64
	acceptedMS int64
}

func newEntry(e *wire.Envelope) *entry {
	return &entry{e.Kind, e.Room, e.Seq, e.Epoch, e.Sender, string(e.ID), e.Account, e.Version, e.AcceptedMS}
}

// A roomLog is what happened in a room, by seq.
type roomLog struct {
	accounts []identity.Account // now
	leaves   []identity.Device  // now
	epoch    uint64
	entries  []*entry // of seq i+1
}

func newLedger(s server.Store, fail func(string, ...any)) *ledger {
	return &ledger{
		Store: s, fail: fail, boxes: map[identity.Account]*box{}, rooms: map[identity.Room]*roomLog{},
		ops: map[operation]server.Receipt{}, gone: map[identity.Device]bool{},
	}
}

func (l *ledger) CreateAccount(ctx context.Context, a server.NewAccount) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.Store.CreateAccount(ctx, a)
	if err == nil {
		l.boxes[a.Account] = &box{cursors: map[identity.Device]uint64{a.Device: 0}}
	}
	return err
}

func (l *ledger) PutList(ctx context.Context, u server.ListUpdate) ([]identity.Account, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	touched, err := l.Store.PutList(ctx, u)
	if err != nil {
		return touched, err
	}
	l.deliver(touched, &entry{kind: wire.EventDevices, account: u.Account, version: u.Version, acceptedMS: u.AcceptedMS})
	b := l.boxes[u.Account]
	for _, d := range u.Leave {
		delete(b.cursors, d)
		l.gone[d] = true
	}
	for _, d := range u.Join {
		b.cursors[d] = uint64(len(b.entries))
	}
	return touched, nil
}

func (l *ledger) Open(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.Store.Open(ctx, u)
	if err == nil && r.Created {
		l.took(u.Op, &u.Envelope, r, &u.Next)
	}
	return r, err
}

func (l *ledger) Commit(ctx context.Context, u server.RoomUpdate) (server.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.Store.Commit(ctx, u)
	if err == nil {
		l.took(u.Op, &u.Envelope, r, &u.Next)
	}
	return r, err
}

func (l *ledger) Append(ctx context.Context, op server.OperationID, e wire.Envelope, stamp server.Stamp) (server.Receipt, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r, err := l.Store.Append(ctx, op, e, stamp)
	if err == nil {
		l.took(op, &e, r, nil)
	}
	return r, err
}

// took notes what the store took as r; next is the room after a commit.
func (l *ledger) took(op server.OperationID, e *wire.Envelope, r server.Receipt, next *server.Room) {
	key := operation{op.Kind, op.Device, string(op.ID)}
	if before, again := l.ops[key]; again {
		if before != r {
			l.fail("the store gives an operation another receipt when it is repeated: %+v, then %+v", before, r)
		}
		return
	}
	l.ops[key] = r
	log := l.rooms[r.Room]
	if log == nil {
		log = &roomLog{}
		l.rooms[r.Room] = log
	}
	if want := uint64(len(log.entries)) + 1; r.Seq != want {
		l.fail("the store gives seq %d after %d", r.Seq, want-1)
	}
	n := newEntry(e)
	n.seq = r.Seq
	if l.gone[n.sender] {
		l.fail("a %s of a device was taken after its removal", n.kind)
	}
	to := slices.Clone(log.accounts)
	if next != nil {
		to = append(to, next.Accounts...)
		log.accounts, log.leaves = slices.Clone(next.Accounts), nil
		for _, leaf := range next.Leaves {
			log.leaves = append(log.leaves, leaf.Device)
		}
	}
	l.checkEpoch(log, e)
	if next != nil {
		log.epoch = next.Epoch
	}
	log.entries = append(log.entries, n)
	l.deliver(to, n)
}

// checkEpoch checks that what the members sealed is of the epoch that the room
// is in.
func (l *ledger) checkEpoch(log *roomLog, e *wire.Envelope) {
	epoch := e.Epoch
	if h, err := public.PeekMessage(e.Message); err == nil {
		epoch = h.Epoch
	}
	if len(log.entries) > 0 && (epoch != log.epoch || e.Epoch != log.epoch) {
		l.fail("a %s of epoch %d, said to be of %d, was taken in epoch %d: an ended epoch", e.Kind, epoch, e.Epoch, log.epoch)
	}
}

func (l *ledger) deliver(accounts []identity.Account, e *entry) {
	slices.Sort(accounts)
	for _, a := range slices.Compact(accounts) {
		b := l.boxes[a]
		b.entries = append(b.entries, e)
	}
}

func (l *ledger) Read(ctx context.Context, device identity.Device, after uint64, max, maxBytes int) (*wire.RawReadReply, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	raw, err := l.Store.Read(ctx, device, after, max, maxBytes)
	if err != nil {
		if errors.Is(err, server.ErrNotFound) && !l.gone[device] && l.hasCursor(device) {
			l.fail("a listed device can't read")
		}
		return raw, err
	}
	if l.gone[device] {
		l.fail("a device reads after its removal")
		return raw, nil
	}
	b := l.boxes[device.Account()]
	if raw.Head != uint64(len(b.entries)) {
		l.fail("a mailbox ends at %d; want %d", raw.Head, len(b.entries))
	}
	if raw.Cursor != b.cursors[device] {
		l.fail("a cursor is %d; want %d: it moved back, or by itself", raw.Cursor, b.cursors[device])
	}
	l.checkFirst(b, device, raw.First)
	return raw, nil
}

func (l *ledger) hasCursor(device identity.Device) bool {
	b := l.boxes[device.Account()]
	if b == nil {
		return false
	}
	_, ok := b.cursors[device]
	return ok
}

// checkFirst checks that what is not kept any more may have gone: acknowledged by
// every device, or too old.
func (l *ledger) checkFirst(b *box, device identity.Device, first uint64) {
	for pos := b.cursors[device] + 1; pos < first && pos <= uint64(len(b.entries)); pos++ {
		if e := b.entries[pos-1]; e.acceptedMS >= l.expired {
			l.fail("position %d went before its time, unread", pos)
			return
		}
	}
}

func (l *ledger) Acknowledge(ctx context.Context, device identity.Device, pos uint64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.Store.Acknowledge(ctx, device, pos)
	if err == nil {
		b := l.boxes[device.Account()]
		b.cursors[device] = max(b.cursors[device], pos)
	}
	return err
}

func (l *ledger) Sweep(ctx context.Context, limits server.SweepLimits) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expired = max(l.expired, limits.Envelopes)
	return l.Store.Sweep(ctx, limits)
}

// position returns where an operation is in an account's mailbox; 0 if nowhere.
func (l *ledger) position(a identity.Account, op operation) uint64 {
	for i, e := range l.boxes[a].entries {
		if e.operation() == op && e.kind != wire.EventDevices {
			return uint64(i) + 1
		}
	}
	return 0
}

// delivers reports whether the account was given anything of a room from a seq up
// to, and without, another.
func (l *ledger) delivers(a identity.Account, room identity.Room, from, to uint64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.boxes[a].entries {
		if e.room == room && e.seq >= from && e.seq < to {
			return true
		}
	}
	return false
}

// refuses reports whether the store could be the reason of a refusal: what device
// said of room in an epoch doesn't fit what the room is now.
func (l *ledger) refuses(device identity.Device, room identity.Room, code wire.Code) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	log := l.rooms[room]
	if log == nil {
		return true
	}
	switch code {
	case wire.CodeFutureEpoch:
		return false // an epoch that the device learned has begun
	case wire.CodeNotMember:
		return !slices.Contains(log.leaves, device)
	case wire.CodeUnknownRoom:
		return !slices.Contains(log.accounts, device.Account())
	}
	return true
}
