// Package client is the core of every Parley client: accounts and devices,
// rooms, the outbox, synchronisation. The terminal and the browser draw what it
// keeps; it draws nothing.
//
// # One atomic write
//
// Every step is one write to the [Store]: the change of MLS state, the outbox
// and the plaintext together, made before anything is sent, acknowledged or
// reported. Whatever the instant of a crash, the next start finds the state before
// a step or the state after it, and every step can be taken again: requests carry
// ids that the server remembers. What only shows doesn't wait for the disk: it sees
// the state that is being written, and what has come is told as soon as its write
// begins (step_write.go).
//
// # Several processes
//
// A step reads, computes and writes without network in between. If another
// process wrote meanwhile the write is refused and the step runs again on what
// is there now, so that a terminal that follows and a script that sends can
// share one store.
package client

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"parley/franking"
	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// DefaultResetDelay is how long a client keeps believing the old devices of an
// account after it first saw that the account was reset.
const DefaultResetDelay = 7 * 24 * time.Hour

// A Logger is what a [Client] writes to: a *slog.Logger is one.
type Logger interface {
	InfoContext(ctx context.Context, msg string, args ...any)
}

// A Config is what a [Client] is built from.
type Config struct {
	Store      Store
	Transport  Transport
	Suites     []*public.Suite  // MLS cipher suites, best first
	Now        func() time.Time // nil: time.Now
	ResetDelay time.Duration    // 0: [DefaultResetDelay]; negative: none
	DeviceName string           // for people, of a device that is made: at most 64 bytes
	Log        Logger           // nil: nothing. Never gets names, texts or keys

	// Requests is set where the person sorts strangers' conversations: one that a
	// stranger opens waits to be accepted, and who opened it isn't told anything
	// before that; a conversation opened here takes one message until it is accepted.
	// Without it every conversation is taken as it comes, unless another device of
	// the account sorts them.
	Requests bool

	// Typing, which may be nil, is told who writes in a room now, each time that
	// this changes: the accounts in the order in which they began. It must not block,
	// nor call the client.
	Typing func(room identity.Room, accounts []identity.Account)

	// Scratch returns where a blob is kept while [Client.Attach] uploads it. nil: in
	// memory.
	Scratch func() (Scratch, error)

	// Changed, which may be nil, is told after each write by this client what it
	// touched; of what has come when its write begins, and again if that fails. It is
	// called within the step: it must not block, nor call the client.
	Changed func(Touched)
}

// A Client is one device of one account. Methods are safe for concurrent use.
// Those that talk to the server return *wire.Error for its refusals and
// ErrOffline where there is no connection.
type Client struct {
	cfg   Config
	store *sealedStore
	self  self // fixed once made

	netMu  sync.Mutex // one flush or sync at a time in this process; guards acked and holds
	acked  uint64     // the position that Run has acknowledged
	holds  map[identity.Room]hold
	readMu sync.Mutex // one reading of the mailbox at a time in this process; taken after netMu
	stepMu sync.Mutex // held for one step, with its write; taken before mu
	mu     sync.Mutex // guards what follows; held while a step or a look runs, but not while it writes
	cache  map[groupKey]*mls.Group
	base   uint64 // the store's version that cache and known belong to
	known  recall
	// While a step writes, known has the state that it writes: see step_write.go.
	writing, shown, strayed bool
	batch                   struct { // of stamps: the last that a signature was checked of
		hash franking.Hash
		size uint64
	}
	stampKeys     map[string][]franking.Key // by the key that a room has pinned
	passed        map[string]bool           // own messages of which no evidence is kept, by room and number
	evidenceDueMS int64                     // no evidence is to be deleted before

	current *tx // the step under way, for the judgement of leaves

	running    atomic.Int32  // how many Run go on
	related    atomic.Bool   // the server may have to be told of somebody, before anybody else hears of it
	nudged     chan struct{} // of one: something waits to be sent
	woken      chan struct{} // of one: Run shall not wait any longer
	noticesDue atomic.Bool   // the operator may have something to say
	came       chan struct{} // of one: something has come, and is to be acknowledged and reported
	typing     typing

	limits atomic.Pointer[wire.BlobLimits] // that the server has told; nil: not yet
	asked  atomic.Pointer[wire.Puzzle]     // the last one that only a person can answer; nil: none

	sessionMu sync.Mutex // guards session
	session   *openSession
}

// self is who the device is: the record "self".
type self struct {
	_       struct{} `cbor:",toarray"`
	Version uint8    // of this record: 1
	Account identity.Account
	Device  identity.Device
	Seed    []byte // of the device's key: secret
	Listed  bool   // on the account's list; false while approval is awaited
}

func (c *Client) key() identity.PrivateKey {
	k, err := identity.NewPrivateKey(c.self.Seed)
	if err != nil {
		panic("client: device key: " + err.Error()) // checked when it was read
	}
	return k
}

// Account returns the client's own account.
func (c *Client) Account() identity.Account { return c.self.Account }

// Device returns the client's own device.
func (c *Client) Device() identity.Device { return c.self.Device }

// Close ends the client and closes its store.
func (c *Client) Close() error { return c.cfg.Store.Close() }

func (c *Client) now() time.Time {
	if c.cfg.Now != nil {
		return c.cfg.Now()
	}
	return time.Now()
}

func (c *Client) nowMS() int64 { return c.now().UnixMilli() }

func (c *Client) log(ctx context.Context, msg string, args ...any) {
	if c.cfg.Log != nil {
		c.cfg.Log.InfoContext(ctx, msg, args...)
	}
}
