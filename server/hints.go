package server

import (
	"parley/identity"
	"parley/wire"
)

// Hints tells the other nodes over the same store that something has changed.
// It carries no content but signals, which are sealed, and all of it may be lost,
// doubled or late: who waits for a mailbox also looks by itself, every
// [Config.Poll], and so is an account's relations looked at again.
type Hints interface {
	// Publish tells all other nodes. It doesn't wait.
	Publish(h Hint)
	// Listen calls f, from one goroutine, for each hint of another node, until
	// stop is called; stop waits for a call that runs. f doesn't block.
	Listen(f func(Hint)) (stop func())
}

// A Hint says what has changed.
type Hint struct {
	_         struct{}           `cbor:",toarray"`
	Mailboxes []identity.Account // have grown
	Lists     []identity.Account // have another device list, finished a reset, subscribed to pushes, or other sanctions
	Relations []identity.Account // have changed how they stand to others
	Signals   []wire.Signal      // for the devices that are connected there; see also signalNotices
}
