package server

import (
	"bytes"
	"context"
	"sync"
	"time"

	"parley/wire"
)

// deskKeyTime is how long a node may give an older desk key than another one has
// put.
const deskKeyTime = 10 * time.Second

// deskKey remembers the desk's statement, which each Info gives.
type deskKey struct {
	mu        sync.Mutex // guards what follows
	statement []byte
	read      time.Time
	known     bool
	reading   bool // somebody looks; who comes meanwhile has the older one
	puts      int
}

// DeskKey returns the desk's statement, empty where none was put. It must not be
// changed. Where the store doesn't answer, it is the one before.
func (s *Server) DeskKey(ctx context.Context) ([]byte, error) {
	k, now := &s.desk, s.steady()
	k.mu.Lock()
	if k.known && (k.reading || now.Sub(k.read).Abs() < deskKeyTime) {
		defer k.mu.Unlock()
		return k.statement, nil
	}
	k.reading = true
	puts := k.puts
	k.mu.Unlock()
	values, err := s.store.Entries(ctx, []string{keyDeskKey})
	k.mu.Lock()
	defer k.mu.Unlock()
	k.reading = false
	switch {
	case err != nil && !k.known:
		return nil, err
	case err == nil && k.puts == puts:
		k.statement, k.known = values[0], true
	}
	k.read = now
	return k.statement, nil
}

// PutDeskKey keeps what reports are sealed to: the desk's signed statement, which the
// server doesn't look into, and clients check. too_large, bad_request.
func (s *Server) PutDeskKey(ctx context.Context, statement []byte) error {
	switch n := len(statement); {
	case n == 0:
		return badRequest("The desk's statement is empty.")
	case n > wire.MaxDeskKey:
		return tooLarge("The desk's statement is too large.")
	}
	if err := s.store.UpdateLedger(ctx, LedgerUpdate{Put: []KeyValue{{Key: keyDeskKey, Value: statement}}}); err != nil {
		return err
	}
	k := &s.desk
	k.mu.Lock()
	defer k.mu.Unlock()
	k.statement, k.read, k.known = bytes.Clone(statement), s.steady(), true
	k.puts++
	return nil
}
