package client_test

import (
	"context"
	"sync"
	"testing"

	"parley/client"
	"parley/wire"
)

// A tap stands between one client and the server, and sees and changes what
// passes: a bad connection, or a bad server.
type tap struct {
	client.Transport
	mu     sync.Mutex // guards what follows
	before func(op wire.Operation, request []byte) error
	after  func(op wire.Operation, request, answer []byte) ([]byte, error)
}

// Call implements [client.Transport]. What before refuses never reaches the
// server; what after refuses was done and its answer is lost.
func (t *tap) Call(ctx context.Context, op wire.Operation, token, request []byte) ([]byte, error) {
	t.mu.Lock()
	before, after := t.before, t.after
	t.mu.Unlock()
	if before != nil {
		if err := before(op, request); err != nil {
			return nil, err
		}
	}
	answer, err := t.Transport.Call(ctx, op, token, request)
	if err == nil && after != nil {
		return after(op, request, answer)
	}
	return answer, err
}

func (t *tap) set(before func(wire.Operation, []byte) error, after func(wire.Operation, []byte, []byte) ([]byte, error)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.before, t.after = before, after
}

// lose has the answer of the next op lost.
func (t *tap) lose(op wire.Operation) {
	t.set(nil, func(got wire.Operation, _, answer []byte) ([]byte, error) {
		if got == op {
			t.set(nil, nil)
			return nil, client.ErrOffline
		}
		return answer, nil
	})
}

// reopen ends the client and opens its store again with another configuration.
func (p *person) reopen(change func(*client.Config)) {
	p.w.t.Helper()
	p.Close()
	p.store = p.store.Again()
	cfg := p.w.config(p.store)
	change(&cfg)
	c, err := client.Open(p.w.t.Context(), cfg, p.seal)
	if err != nil {
		p.w.t.Fatalf("reopen: %v", err)
	}
	p.Client = c
}

// tapped puts a tap between p and the server.
func (p *person) tapped() *tap {
	p.w.t.Helper()
	tp := &tap{}
	p.reopen(func(cfg *client.Config) { tp.Transport, cfg.Transport = cfg.Transport, tp })
	return tp
}

// again returns another process on p's store.
func (p *person) again() *person {
	p.w.t.Helper()
	q := &person{w: p.w, store: p.store.Again(), login: p.login, seal: p.seal}
	c, err := client.Open(p.w.t.Context(), p.w.config(q.store), q.seal)
	if err != nil {
		p.w.t.Fatalf("open again: %v", err)
	}
	q.Client = c
	return q
}

// change decodes a body, has it changed, and encodes it again.
func change[T any](t testing.TB, body []byte, edit func(*T)) []byte {
	t.Helper()
	v := new(T)
	if err := wire.Unmarshal(body, v); err != nil {
		t.Fatal(err)
	}
	edit(v)
	out, err := wire.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
