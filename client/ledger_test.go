package client_test

import (
	"context"
	"encoding/hex"
	"slices"
	"sync"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

// A ledger stands between clients and a server that keeps no blobs, and keeps of them
// what a server would: which room refers to which. It counts a request once, however
// often it is repeated.
type ledger struct {
	mu    sync.Mutex // guards what follows
	done  map[string]bool
	refs  map[string]int64 // room and blob → until, as it was told
	sends []wire.SendRequest
	taken map[string]bool // blobs that were taken down
}

func newLedger() *ledger {
	return &ledger{done: map[string]bool{}, refs: map[string]int64{}, taken: map[string]bool{}}
}

func refOf(room identity.Room, blob []byte) string {
	return string(room) + " " + hex.EncodeToString(blob)
}

// over wraps a client's transport.
func (l *ledger) over(t client.Transport) client.Transport { return ledgered{t, l} }

type ledgered struct {
	client.Transport
	l *ledger
}

// Call implements [client.Transport].
func (t ledgered) Call(ctx context.Context, op wire.Operation, token, request []byte) ([]byte, error) {
	if op != wire.OpSend {
		return t.Transport.Call(ctx, op, token, request)
	}
	var s wire.SendRequest
	if err := wire.Unmarshal(request, &s); err != nil {
		return nil, err
	}
	if t.l.refuses(&s) {
		return nil, &wire.Error{Code: wire.CodeBlobTaken}
	}
	plain := s
	plain.Blobs, plain.BlobsUntilMS, plain.Release = nil, 0, nil
	body, err := wire.Marshal(&plain)
	if err != nil {
		return nil, err
	}
	answer, err := t.Transport.Call(ctx, op, token, body)
	if err == nil {
		t.l.count(s)
	}
	return answer, err
}

func (l *ledger) refuses(s *wire.SendRequest) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.ContainsFunc(s.Blobs, func(b []byte) bool { return l.taken[hex.EncodeToString(b)] })
}

func (l *ledger) count(s wire.SendRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.done[string(s.ID)] {
		return
	}
	l.done[string(s.ID)] = true
	l.sends = append(l.sends, s)
	for _, b := range s.Blobs {
		l.refs[refOf(s.Room, b)] = s.BlobsUntilMS
	}
	for _, b := range s.Release {
		delete(l.refs, refOf(s.Room, b))
	}
}

// refers reports whether a room refers to a blob.
func (l *ledger) refers(room identity.Room, blob [32]byte) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, ok := l.refs[refOf(room, blob[:])]
	return ok
}

// until returns until when a room refers to a blob.
func (l *ledger) until(room identity.Room, blob [32]byte) int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.refs[refOf(room, blob[:])]
}

// all returns how many references there are.
func (l *ledger) all() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.refs)
}

// from returns where a blob is said to be from that a message refers to in a room.
func (l *ledger) from(room identity.Room, blob [32]byte) identity.Room {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.sends {
		if s.Room == room && slices.ContainsFunc(s.Blobs, func(b []byte) bool { return [32]byte(b) == blob }) {
			return s.BlobsFrom
		}
	}
	return "nowhere"
}

// released returns the requests that gave up blobs.
func (l *ledger) released() (out []wire.SendRequest) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.sends {
		if len(s.Release) > 0 {
			out = append(out, s)
		}
	}
	return out
}
