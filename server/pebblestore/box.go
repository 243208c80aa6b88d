package pebblestore

import (
	"bytes"
	"encoding/binary"
	"slices"
	"sync"

	"parley/identity"
	"parley/server"
)

// An entry is an envelope in memory. What it says is durable once it is in a
// box's recent; its counts belong to the batcher.
type entry struct {
	id       uint64
	raw      []byte // the encoded wire.Envelope; never changed
	accepted int64  // Unix milliseconds
	places   []place
	need     int  // places that haven't been let go
	counted  bool // the database has a count of those that have
	inGroup  uint64

	hasOp   bool
	op      receiptID
	receipt server.Receipt // of op
	room    *roomState     // nil: no room
	seq     uint64
}

// A place is a position of a mailbox.
type place struct {
	box *box
	pos uint64
}

// size is what e takes in memory, about.
func (e *entry) size() int { return len(e.raw) + 256 + 16*len(e.places) }

// A box is a mailbox in memory. The newest part of what it holds is there as
// envelopes.
type box struct {
	account identity.Account

	// The batcher's own: what the group under way sees.
	next    uint64 // the head
	from    uint64 // the first position kept
	saved   uint64 // positions up to this have their own key, or had
	acked   uint64 // the least of the cursors
	bytes   uint64 // of envelopes from `from` to saved
	waste   bool   // it stands under keyWaste
	queued  bool   // it is in the batcher's waste
	inGroup uint64 // the number of the group that touched it last
	inSave  uint64

	mu      sync.Mutex // guards what follows: what is durable
	first   uint64
	head    uint64
	start   uint64   // position of recent[0]
	recent  []*entry // up to head; shared with nobody
	cursors []*cursorState
	gone    bool // no longer what the store knows: look it up again
}

// A cursorState is a device's.
type cursorState struct {
	device  identity.Device
	box     *box
	pending uint64 // the batcher's own: as the group sees it
	pos     uint64 // guarded by box.mu
	left    bool   // guarded by box.mu: the device has no cursor any more
}

// A boxes holds the mailboxes in memory. The batcher alone changes what is in a
// box and takes boxes out; readers may put one in.
type boxes struct {
	accounts sync.Map   // identity.Account: *box
	devices  sync.Map   // identity.Device: *cursorState
	loading  sync.Mutex // held while a box is read
	count    int        // guarded by loading
}

func (m *boxes) get(a identity.Account) *box {
	if v, ok := m.accounts.Load(a); ok {
		return v.(*box)
	}
	return nil
}

func (m *boxes) device(d identity.Device) *cursorState {
	if v, ok := m.devices.Load(d); ok {
		return v.(*cursorState)
	}
	return nil
}

// box returns a mailbox, which it reads if need be. What it reads is durable:
// the batcher has each box in memory that a group under way changes.
func (s *Store) box(a identity.Account) (*box, error) {
	if b := s.boxes.get(a); b != nil {
		return b, nil
	}
	s.boxes.loading.Lock()
	defer s.boxes.loading.Unlock()
	if b := s.boxes.get(a); b != nil {
		return b, nil
	}
	if s.Err() != nil { // the database may show what isn't durable
		return nil, server.ErrUnavailable
	}
	b, err := s.readBox(a)
	if err != nil {
		return nil, err
	}
	s.boxes.count++
	for _, c := range b.cursors {
		s.boxes.devices.Store(c.device, c)
	}
	s.boxes.accounts.Store(a, b)
	return b, nil
}

// cursor returns the state of a device, or ErrNotFound.
func (s *Store) cursor(d identity.Device) (*cursorState, error) {
	if c := s.boxes.device(d); c != nil {
		return c, nil
	}
	b, err := s.box(d.Account())
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.IndexFunc(b.cursors, func(c *cursorState) bool { return c.device == d })
	if i < 0 {
		return nil, server.ErrNotFound
	}
	return b.cursors[i], nil
}

func (s *Store) readBox(a identity.Account) (*box, error) {
	b := &box{account: a}
	record, err := get(s.db, mailboxKey(a))
	if err != nil {
		return nil, err
	}
	b.from, b.saved, b.bytes = readMailbox(record)
	if len(record) != mailboxSize { // none yet, or of format 1, which wrote one only now and then
		last, err := lastMail(s.db, a)
		if err != nil {
			return nil, err
		}
		b.saved = max(b.saved, last)
	}
	waste, err := get(s.db, wasteKey(a))
	if err != nil {
		return nil, err
	}
	b.waste = waste != nil
	prefix := join(keyCursor, string(a))
	err = scan(s.db, prefix, after(prefix), func(key, value []byte) (bool, error) {
		pos := number(value)
		b.cursors = append(b.cursors, &cursorState{device: identity.Device(bytes.Clone(key[len(prefix):])), box: b, pending: pos, pos: pos})
		return true, nil
	})
	b.next, b.head, b.first, b.start = b.saved, b.saved, b.from, b.saved+1
	b.reckon()
	return b, err
}

// reckon finds the position up to which every device has everything.
func (b *box) reckon() {
	b.acked = b.next
	for _, c := range b.cursors {
		b.acked = min(b.acked, c.pending)
	}
}

const mailboxSize = 24

// readMailbox reads the value of keyMailbox: an absent one is an empty
// mailbox's, one of format 1 has no bytes.
func readMailbox(v []byte) (first, head, bytes uint64) {
	if len(v) < 16 {
		return 1, 0, 0
	}
	return binary.BigEndian.Uint64(v), binary.BigEndian.Uint64(v[8:]), number(v[16:])
}

// publish makes e, which is durable now, readable.
func (b *box) publish(e *entry, pos uint64) {
	b.mu.Lock()
	if len(b.recent) == 0 {
		b.start = pos
	}
	b.recent = append(b.recent, e)
	b.head = pos
	b.mu.Unlock()
}

// settle makes the group's first position and cursors readable.
func (b *box) settle() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.first = b.from
	for _, c := range b.cursors {
		c.pos = c.pending
	}
	for len(b.recent) > 0 && b.start < b.first {
		b.dropFront()
	}
}

// forgetFront drops the envelope at pos from memory if it is the oldest there.
func (b *box) forgetFront(pos uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.recent) > 0 && b.start == pos {
		b.dropFront()
	}
}

func (b *box) dropFront() {
	b.recent[0] = nil
	b.recent = b.recent[1:]
	b.start++
	if len(b.recent) == 0 {
		b.recent = nil
	}
}

// at returns the entry at pos if it is in memory.
func (b *box) at(pos uint64) *entry {
	if pos < b.start || pos-b.start >= uint64(len(b.recent)) {
		return nil
	}
	return b.recent[pos-b.start]
}
