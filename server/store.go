package server

import (
	"context"
	"errors"
	"slices"

	"parley/identity"
	"parley/wire"
)

// What a [Store] answers. Each may come wrapped.
var (
	// ErrNotFound: there is no such record.
	ErrNotFound = errors.New("server: not found")
	// ErrExists: the account or the room is there already.
	ErrExists = errors.New("server: exists already")
	// ErrStale: a compare-and-set lost. The caller reads again and decides anew.
	ErrStale = errors.New("server: changed meanwhile")
	// ErrPending: the room has a leaf whose device left its list.
	ErrPending = errors.New("server: removal pending")
	// ErrTooMany: a bound given with the call would be exceeded.
	ErrTooMany = errors.New("server: too many")
	// ErrTooFew: less than a bound given with the call would be left.
	ErrTooFew = errors.New("server: too few")
	// ErrBeyond: a position beyond the mailbox's head.
	ErrBeyond = errors.New("server: beyond the head")
	// ErrUnavailable: nothing can be stored now (disk full, closing). Nothing of
	// the call is kept, unless the write failed so late that a restart finds it
	// whole; repeating the call with its id is always right.
	ErrUnavailable = errors.New("server: the store is unavailable")
	// ErrBusy: more waits to be stored than can be soon. Nothing of the call is
	// kept; the caller may try again after a while.
	ErrBusy = errors.New("server: the store is busy")
)

// A Store keeps what the server knows. Each method is one transaction: all of it
// is durable when the method returns without error, and nothing of it is kept
// when it returns one of the errors that its comment names. Whatever a method
// returns is durable already.
//
// Methods are safe for concurrent use, also from several nodes where a store
// serves more than one; those that write take effect one after another. A Store
// keeps no slice that it is given, and what it returns belongs to the caller,
// except for *[Room] and the envelopes of [Mailboxes.Read]: those must not be
// changed. Any method may return ErrUnavailable or the context's error; the
// outcome of a write is then unknown.
//
// A store of several nodes may answer Room from a memory of its own, which is
// older than what another node has written. A write that was decided by it returns
// ErrStale, or ErrPending, and after that, as after Group of another epoch, Room
// answers what is true.
type Store interface {
	Directory
	Records
	KeyPackages
	Rooms
	Mailboxes
	Ledger

	// Meta returns the bytes that the first call with this name gave as first,
	// for ever. A name has at most 32 bytes.
	Meta(ctx context.Context, name string, first []byte) ([]byte, error)
	// Sweep forgets what limits says has expired. What it forgets has no
	// effect on anything that it keeps: positions and seqs go on.
	Sweep(ctx context.Context, limits SweepLimits) error
}

// SweepLimits says what has expired. Times are Unix milliseconds.
type SweepLimits struct {
	Now int64
	// Envelopes accepted before this go, read or not. One also goes as soon as
	// every device of every account that has it acknowledged it.
	Envelopes int64
	// Receipts of operations before this may go; younger ones stay.
	Receipts int64
}

// A Directory keeps accounts, their device lists and what waits to join them.
type Directory interface {
	// CreateAccount makes an account with an empty mailbox, in which the list's
	// device starts at position 0. ErrExists if there is one.
	CreateAccount(ctx context.Context, a NewAccount) error
	// EraseAccount removes an account and all that is kept under its name: lists,
	// enrollments, records, mailbox, cursors, key packages and what is remembered of used
	// ones. Each room becomes what Room.Erased says, and its group's state and info
	// become empty where that says so. ErrNotFound if there is no such account. After
	// another error some of it may be gone, and calling it again removes the rest. What
	// others' mailboxes hold stays until they let it go.
	EraseAccount(ctx context.Context, account identity.Account) error
	// Account returns an account, or ErrNotFound.
	Account(ctx context.Context, account identity.Account) (*Account, error)
	// Lists returns the lists of account with a version of from or above, in
	// order, at most max. ErrNotFound if there is no such account.
	Lists(ctx context.Context, account identity.Account, from uint64, max int) ([]identity.SignedDeviceList, error)
	// PutList adds the next version of an account's list, with its
	// consequences, and returns the accounts whose mailbox got its event: the
	// account itself and every account that shares a room with it, sorted.
	// ErrStale unless the newest version is one below; also if the list cancels
	// a reset that is finished.
	PutList(ctx context.Context, u ListUpdate) ([]identity.Account, error)
	// FinishReset takes the consequences of a reset whose delay is over.
	// ErrStale unless the newest list is that reset, not yet finished.
	FinishReset(ctx context.Context, f ResetFinish) error
	// RunningResets returns the accounts whose newest list is a reset that was
	// accepted before the time given (Unix milliseconds) and not yet finished.
	RunningResets(ctx context.Context, before int64) ([]identity.Account, error)
	// PutEnrollment keeps e for account until e.Expires. It replaces one of the
	// same device. ErrTooMany if max others wait, those expired at now aside.
	PutEnrollment(ctx context.Context, account identity.Account, e Enrollment, now int64, max int) error
	// Enrollments returns what waits for account at now, in any order.
	Enrollments(ctx context.Context, account identity.Account, now int64) ([]Enrollment, error)
}

// NewAccount is what [Directory.CreateAccount] keeps.
type NewAccount struct {
	Account    identity.Account
	Credential []byte
	List       identity.SignedDeviceList // version 1
	Device     identity.Device           // its only device
	Records    []NewRecord               // that it begins with; none of a kind of DeviceRecords
	AcceptedMS int64
}

// An Account is what the server knows of an account.
type Account struct {
	Account    identity.Account
	Credential []byte      // what Login.Register returned
	Current    ListRecord  // the newest list
	Previous   *ListRecord // the one before; nil at version 1
	ResetDone  bool        // Current is a reset, and FinishReset has been done
}

// A ListRecord is a device list and when the server took it.
type ListRecord struct {
	_          struct{} `cbor:",toarray"`
	List       identity.SignedDeviceList
	Version    uint64
	AcceptedMS int64
}

// A Leaf is a device with the signature key that it has in a group.
type Leaf struct {
	_      struct{} `cbor:",toarray"`
	Device identity.Device
	Key    identity.PublicKey
}

// A ListUpdate is all that changes with a new device list.
type ListUpdate struct {
	Account    identity.Account
	List       identity.SignedDeviceList
	Version    uint64
	Reset      bool // the list is a reset, to be finished later
	Cancel     bool // the list cancels the reset before it
	AcceptedMS int64
	Join       []identity.Device // get a cursor at the mailbox's head, behind this event; their enrollments go
	Leave      []identity.Device // lose their cursor
	Gone       []Leaf            // lose their key packages; rooms that have such a leaf get it as pending
	Publish    []KeyPackage      // key packages of devices of Join
}

// A ResetFinish is what a reset does once its delay is over: see [ListUpdate].
type ResetFinish struct {
	Account identity.Account
	Version uint64
	Leave   []identity.Device
	Gone    []Leaf
}

// An Enrollment is a device that waits for approval.
type Enrollment struct {
	_           struct{} `cbor:",toarray"`
	Device      identity.Device
	Key         identity.PublicKey
	Claim       []byte
	Signature   []byte
	KeyPackages []KeyPackage
	Expires     int64 // Unix milliseconds
}

// KeyPackages keeps key packages.
type KeyPackages interface {
	// AddKeyPackages adds key packages of device. A single-use one that was
	// ever added before, even if it has been claimed since, is passed over until
	// its lifetime has ended; a last resort replaces the one there is. ErrTooMany if
	// the device would have more than max single-use ones.
	AddKeyPackages(ctx context.Context, device identity.Device, packages []KeyPackage, max int) error
	// CountKeyPackages says what there is of device, that lives at now.
	CountKeyPackages(ctx context.Context, device identity.Device, now int64) (wire.KeyPackageCount, error)
	// ClaimKeyPackages takes one key package of each device, of one of suites,
	// the first that has one, alive at now (Unix seconds). A single-use one is
	// given to one caller only. A device without any gives its last resort, if
	// that is of one of suites, or nothing. One named twice counts once.
	ClaimKeyPackages(ctx context.Context, devices []identity.Device, suites []uint16, now int64) ([]KeyPackage, error)
}

// A KeyPackage is a checked key package.
type KeyPackage struct {
	_          struct{} `cbor:",toarray"`
	Device     identity.Device
	Ref        []byte // KeyPackageRef: 32 or 48 bytes
	Suite      uint16
	NotAfter   int64 // Unix seconds
	LastResort bool
	Message    []byte // MLSMessage
}

// Rooms keeps rooms and appends to the mailboxes of their accounts.
//
// Open, Commit, Leave and Append are idempotent: the first one of a (kind, device, id)
// that succeeds leaves a receipt, which every later one within
// [wire.IdempotentDays] returns, whatever else it says. The time of an operation
// is its envelope's AcceptedMS.
type Rooms interface {
	// Room returns a room, or ErrNotFound. The caller must not change it.
	Room(ctx context.Context, room identity.Room) (*Room, error)
	// Group returns the newest group of a room, or ErrNotFound. It is never
	// answered from a memory, and Room's epoch is no older afterwards.
	Group(ctx context.Context, room identity.Room) (*Group, error)
	// Receipt returns the receipt of an operation that is repeated at now (Unix
	// milliseconds), or ErrNotFound.
	Receipt(ctx context.Context, op OperationID, now int64) (*Receipt, error)
	// Meet reports whether two accounts are in a room together.
	Meet(ctx context.Context, a, b identity.Account) (bool, error)
	// Winner returns the commit that ended an epoch, or ErrNotFound if the
	// epoch has not ended or the commit isn't kept any more.
	Winner(ctx context.Context, room identity.Room, generation uint32, epoch uint64) (*wire.Envelope, error)

	// Open makes a room, or its next generation.
	//
	// For generation 0 (u.Before is nil): where a room was opened for the set
	// u.Next.Set whose accounts still are this set, nothing is made and the
	// receipt names that room. ErrExists if the room's name is taken. ErrStale
	// if a list of u.Lists isn't the newest.
	//
	// For a next generation: ErrStale unless the room is at *u.Before, with the
	// accounts u.Was, too.
	Open(ctx context.Context, u RoomUpdate) (Receipt, error)
	// Commit ends the epoch *u.Before. ErrStale unless the room is in it, with the
	// accounts u.Was, and each list of u.Lists is the newest; ErrNotFound if there
	// is no such room.
	Commit(ctx context.Context, u RoomUpdate) (Receipt, error)
	// Leave takes the account of a leaf out of a room's accounts, which all get the
	// event, and makes the leaf pending. The epoch goes on. ErrNotFound, ErrStale
	// unless the room is at u.Before with the accounts u.Was.
	Leave(ctx context.Context, u LeaveUpdate) (Receipt, error)
	// Append adds a message to a room. ErrNotFound, ErrStale unless the room is
	// in the envelope's generation and epoch, then ErrPending if a removal is
	// pending. With a stamp it is franked once it has its seq, in the same write, and together with
	// the others of that write ([FrankAll]).
	Append(ctx context.Context, op OperationID, e wire.Envelope, stamp Stamp) (Receipt, error)
}

// An OperationID makes an operation idempotent.
type OperationID struct {
	Kind   wire.EventKind // of what it appends
	Device identity.Device
	ID     []byte // 16 bytes
}

// A Receipt is what an operation came to.
type Receipt struct {
	_          struct{} `cbor:",toarray"`
	Room       identity.Room
	Generation uint32
	Created    bool // Open made something
	Seq        uint64
	Epoch      uint64 // the epoch that a commit began, or of a message
	AcceptedMS int64
}

// An Epoch is a place in a room's life.
type Epoch struct {
	Generation uint32
	Epoch      uint64
}

// A Room is what the server knows of a room, from its public group.
type Room struct {
	_          struct{} `cbor:",toarray"`
	Room       identity.Room
	Kind       wire.Kind
	Set        []identity.Account // that the room, or its newest generation, was opened for: sorted
	Generation uint32
	Epoch      uint64
	Seq        uint64             // of the commit that began the epoch
	Accounts   []identity.Account // that have a leaf, and aren't leaving: sorted
	Leaves     []Leaf             // in the tree's order
	Pending    []Leaf             // those of Leaves that left their list, or leave the room
}

// At returns where the room is.
func (r *Room) At() Epoch { return Epoch{r.Generation, r.Epoch} }

// Has reports whether account has a leaf, and isn't leaving.
func (r *Room) Has(account identity.Account) bool {
	_, ok := slices.BinarySearch(r.Accounts, account)
	return ok
}

// leaves reports whether the account of a leaf leaves the room.
func (r *Room) leaves(leaf Leaf) bool {
	return slices.Contains(r.Pending, leaf) && !r.Has(leaf.Device.Account())
}

// Leaf returns the leaf of device.
func (r *Room) Leaf(device identity.Device) (Leaf, bool) {
	for i := range r.Leaves {
		if l := &r.Leaves[i]; l.Device == device {
			return *l, true
		}
	}
	return Leaf{}, false
}

// LeavesOf returns the leaves of account.
func (r *Room) LeavesOf(account identity.Account) (leaves []Leaf) {
	for _, l := range r.Leaves {
		if l.Device.Account() == account {
			leaves = append(leaves, l)
		}
	}
	return leaves
}

// ByAccount returns the leaves of each account.
func (r *Room) ByAccount() map[identity.Account][]Leaf {
	m := make(map[identity.Account][]Leaf, len(r.Accounts))
	for _, l := range r.Leaves {
		a := l.Device.Account()
		m[a] = append(m[a], l)
	}
	return m
}

// WithPending returns a copy of r that has as pending also those of gone that
// are leaves of r; r itself if there is none.
func (r *Room) WithPending(gone []Leaf) *Room {
	pending := slices.Clone(r.Pending)
	for _, l := range gone {
		if slices.Contains(r.Leaves, l) && !slices.Contains(pending, l) {
			pending = append(pending, l)
		}
	}
	if len(pending) == len(r.Pending) {
		return r
	}
	next := *r
	next.Pending = pending
	return &next
}

// A Group is a room's public group as stored: opaque to the store.
type Group struct {
	At    Epoch
	Seq   uint64 // of the commit that began the epoch
	State []byte // of the public group
	Info  []byte // MLSMessage: the newest GroupInfo
}

// A RoomUpdate ends an epoch: everything that changes together. The store sets
// Seq of Next and of Envelope, and Next.Pending: what was pending and is still a
// leaf.
type RoomUpdate struct {
	Op       OperationID
	Before   *Epoch             // nil for a new room
	Was      []identity.Account // the room's accounts, as the caller saw them; nil for a new room
	Next     Room
	State    []byte
	Info     []byte
	Envelope wire.Envelope               // goes to the accounts before and after
	Lists    map[identity.Account]uint64 // versions of the lists that the server judged by
}

// A LeaveUpdate is all that changes when an account leaves a room: see
// [Rooms.Leave]. The store sets Seq of Envelope.
type LeaveUpdate struct {
	Op       OperationID
	Before   Epoch
	Was      []identity.Account // the room's accounts, as the caller saw them
	Leaf     Leaf               // the account's only one
	State    []byte             // of the public group, which has the proposal
	Envelope wire.Envelope
}

// Left returns the room as it is once u's leaf is leaving.
func (r *Room) Left(leaf Leaf) *Room {
	next := *r.WithPending([]Leaf{leaf})
	next.Accounts = slices.DeleteFunc(slices.Clone(r.Accounts), func(a identity.Account) bool { return a == leaf.Device.Account() })
	return &next
}

// Mailboxes is where accounts find what happened, one mailbox for each account.
// Positions count from 1 without gaps; each device has a cursor.
type Mailboxes interface {
	// Read returns what is after a position in the mailbox of device's account,
	// in order: at most max events, and at most maxBytes of encoded envelopes
	// unless the first alone is larger. ErrNotFound if device has no cursor. The envelopes
	// must not be changed.
	Read(ctx context.Context, device identity.Device, after uint64, max, maxBytes int) (*wire.RawReadReply, error)
	// Acknowledge moves the cursor of device to pos, never back. ErrBeyond if
	// pos is beyond the head, ErrNotFound if device has no cursor.
	Acknowledge(ctx context.Context, device identity.Device, pos uint64) error
}
