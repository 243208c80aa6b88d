//go:build js

package idbstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"syscall/js"

	"parley/client"
	"parley/internal/promise"
)

var (
	_ client.Store   = (*Store)(nil)
	_ client.Counter = (*Store)(nil)
)

// ErrClosed is returned by the methods of a closed store.
var ErrClosed = errors.New("idbstore: closed")

// ErrStorage is returned, wrapped with the name of what the browser threw, where
// it can't keep what it is asked to.
var ErrStorage = errors.New("idbstore: the browser's storage failed")

// A Store is an open database.
type Store struct {
	db    js.Value
	alone bool

	mu      sync.Mutex // guards what follows
	version uint64     // if known
	known   bool
	closed  bool
}

// Options are what need not be given.
type Options struct {
	// Alone says that nobody else writes as long as the store is open, since the
	// caller holds a lock: the version is remembered then, and asked for again only
	// after a write that failed.
	Alone bool
}

// Open opens the database called name, and makes it where there is none.
func Open(ctx context.Context, name string, opts Options) (*Store, error) {
	db, err := promise.Await(ctx, js.Global().Get("parleyStore").Call("open", name))
	if err != nil {
		return nil, fail(err)
	}
	return &Store{db: db, alone: opts.Alone}, nil
}

// Erase deletes the database called name, with its key. Whoever has it open can't
// use it any more.
func Erase(ctx context.Context, name string) error {
	_, err := promise.Await(ctx, js.Global().Get("parleyStore").Call("erase", name))
	return fail(err)
}

// fail returns the error for what the browser threw.
func fail(err error) error {
	var thrown *promise.Error
	if errors.As(err, &thrown) {
		return fmt.Errorf("%w: %s", ErrStorage, thrown.Name)
	}
	return err
}

// call calls a method of the database.
func (s *Store) call(ctx context.Context, method string, args ...any) (js.Value, error) {
	s.mu.Lock()
	closed := s.closed
	s.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return js.Value{}, err
	}
	if closed {
		return js.Value{}, ErrClosed
	}
	v, err := promise.Await(ctx, s.db.Call(method, args...))
	return v, fail(err)
}

// Get implements [client.Store].
func (s *Store) Get(ctx context.Context, key string) ([]byte, error) {
	v, err := s.call(ctx, "get", promise.Array([]byte(key)))
	if err != nil || v.IsNull() {
		return nil, err
	}
	return promise.Bytes(v), nil
}

// List implements [client.Store].
func (s *Store) List(ctx context.Context, prefix, after string, limit int) ([]client.Record, error) {
	v, err := s.call(ctx, "list", promise.Array([]byte(prefix)), promise.Array([]byte(after)), max(limit, 1))
	if err != nil || limit <= 0 {
		return nil, err
	}
	return unpack(promise.Bytes(v))
}

// Gather implements [client.Gatherer].
func (s *Store) Gather(ctx context.Context, keys []string) ([][]byte, error) {
	wanted := make([]client.Change, len(keys))
	for i, key := range keys {
		wanted[i].Key = key
	}
	v, err := s.call(ctx, "gather", promise.Array(pack(wanted)))
	if err != nil {
		return nil, err
	}
	records, err := unpack(promise.Bytes(v))
	if err != nil {
		return nil, err
	}
	values := make([][]byte, len(keys))
	for i, key := range keys { // records are in their order, without those that there aren't
		if len(records) > 0 && records[0].Key == key {
			values[i], records = records[0].Value, records[1:]
		}
	}
	return values, nil
}

// Count implements [client.Counter].
func (s *Store) Count(ctx context.Context, prefix string) (int, error) {
	v, err := s.call(ctx, "count", promise.Array([]byte(prefix)))
	if err != nil {
		return 0, err
	}
	return v.Int(), nil
}

// Version implements [client.Store].
func (s *Store) Version(ctx context.Context) (uint64, error) {
	s.mu.Lock()
	version, known := s.version, s.known && !s.closed
	s.mu.Unlock()
	if known && ctx.Err() == nil {
		return version, nil
	}
	v, err := s.call(ctx, "version")
	if err != nil {
		return 0, err
	}
	version = uint64(v.Float())
	s.remember(version, s.alone)
	return version, nil
}

func (s *Store) remember(version uint64, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version, s.known = version, known
}

// maxVersion bounds the versions that a number of JavaScript holds exactly.
const maxVersion = 1 << 53

// Write implements [client.Store].
func (s *Store) Write(ctx context.Context, base uint64, changes []client.Change) error {
	packed := pack(changes)
	if base >= maxVersion { // no store has this version
		if _, err := s.call(ctx, "version"); err != nil {
			return err
		}
		return client.ErrConflict
	}
	v, err := s.call(ctx, "write", float64(base), promise.Array(packed))
	if err != nil {
		s.remember(0, false)
		return err
	}
	if !v.Bool() {
		s.remember(0, false)
		return client.ErrConflict
	}
	s.remember(base+1, s.alone)
	return nil
}

// Close implements [client.Store].
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		s.db.Call("close")
	}
	return nil
}

// gone stands for the length of a value that is deleted.
const gone = 1<<32 - 1

// pack returns changes as web/lib/idb.ts reads them.
func pack(changes []client.Change) []byte {
	var b bytes.Buffer
	for _, c := range changes {
		putBytes(&b, []byte(c.Key))
		if c.Value == nil {
			putLength(&b, gone)
			continue
		}
		putBytes(&b, c.Value)
	}
	return b.Bytes()
}

func putBytes(b *bytes.Buffer, v []byte) {
	putLength(b, uint32(len(v)))
	b.Write(v)
}

func putLength(b *bytes.Buffer, n uint32) {
	b.Write(binary.BigEndian.AppendUint32(nil, n))
}

// unpack reads records as web/lib/idb.ts packs them. The values share b.
func unpack(b []byte) ([]client.Record, error) {
	var out []client.Record
	for len(b) > 0 {
		key, rest, ok := cut(b)
		value, rest, ok2 := cut(rest)
		if !ok || !ok2 {
			return nil, ErrStorage
		}
		out = append(out, client.Record{Key: string(key), Value: value})
		b = rest
	}
	return out, nil
}

// cut takes one length and what it counts off b.
func cut(b []byte) (v, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := int(binary.BigEndian.Uint32(b))
	b = b[4:]
	if n > len(b) {
		return nil, nil, false
	}
	return b[:n:n], b[n:], true
}
