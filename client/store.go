package client

import (
	"context"
	"errors"
)

// ErrConflict is returned by [Store.Write] when somebody else wrote first.
var ErrConflict = errors.New("client: store changed meanwhile")

// A Record is one stored value.
type Record struct {
	Key   string
	Value []byte
}

// A Change puts one record, or deletes it where Value is nil.
type Change struct {
	Key   string
	Value []byte
}

// A Store keeps the records of one device. Several processes may have it open at
// once: every write names the version that it was made from, and only one of two
// that name the same version succeeds. Methods are safe for concurrent use.
//
// Values arrive sealed, except the record that [Home] describes; keys don't hold
// names or texts.
type Store interface {
	// Get returns the value of key, or nil where there is none. The caller may
	// change what it gets.
	Get(ctx context.Context, key string) ([]byte, error)
	// List returns at most limit records whose key begins with prefix and is
	// greater than after, in ascending order of the keys' bytes.
	List(ctx context.Context, prefix, after string, limit int) ([]Record, error)
	// Version returns the number of writes so far: 0 for a new store.
	Version(ctx context.Context) (uint64, error)
	// Write applies all changes or none, and returns after they are durable: they
	// survive the end of the process and of the machine. base must be the current
	// version, else ErrConflict; the version after is base + 1. Of several changes
	// to one key the last counts. Write doesn't keep changes. An error other than
	// ErrConflict leaves open whether the write happened: the caller reads
	// Version to know.
	Write(ctx context.Context, base uint64, changes []Change) error
	// Close releases the store. It doesn't wait for other processes.
	Close() error
}

// A Gatherer is a [Store] that reads several records faster together than one by
// one. It is optional.
type Gatherer interface {
	// Gather returns the value of each key, nil where there is none, in the order
	// of keys. The caller may change what it gets.
	Gather(ctx context.Context, keys []string) ([][]byte, error)
}
