package server_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

// A deafStore doesn't answer for the ledger on demand.
type deafStore struct {
	server.Store
	deaf atomic.Bool
}

func (s *deafStore) Entries(ctx context.Context, keys []string) ([][]byte, error) {
	if s.deaf.Load() {
		return nil, server.ErrUnavailable
	}
	return s.Store.Entries(ctx, keys)
}

// TestDeskKey: Info gives the desk's statement, at each node of a site after a while;
// without the store it gives the one before, or none.
func TestDeskKey(t *testing.T) {
	st := newSite(t, 2)
	desk := func(w *world) string {
		t.Helper()
		info, err := w.Info(t.Context(), &wire.InfoRequest{})
		if err != nil {
			t.Fatal(err)
		}
		if info.EvidenceMS != server.DefaultBlobEvidence.Milliseconds() {
			t.Errorf("EvidenceMS = %d", info.EvidenceMS)
		}
		return string(info.Desk)
	}
	for i, w := range st.nodes {
		if got := desk(w); got != "" {
			t.Errorf("node %d gives %q; want none", i, got)
		}
	}
	for _, statement := range []string{"one", "two"} {
		if err := st.nodes[0].PutDeskKey(t.Context(), []byte(statement)); err != nil {
			t.Fatal(err)
		}
		if got := desk(st.nodes[0]); got != statement {
			t.Errorf("the node that was told gives %q; want %q", got, statement)
		}
		st.nodes[1].pass(11 * time.Second)
		if got := desk(st.nodes[1]); got != statement {
			t.Errorf("the other node gives %q; want %q", got, statement)
		}
	}
	for what, size := range map[string]int{"an empty one": 0, "a large one": wire.MaxDeskKey + 1} {
		if err := st.nodes[0].PutDeskKey(t.Context(), make([]byte, size)); err == nil {
			t.Errorf("%s: no error", what)
		}
	}

	store := &deafStore{Store: memstore.New()}
	w := newWorld(t, func(c *server.Config) { c.Store = store })
	store.deaf.Store(true)
	if got := desk(w); got != "" {
		t.Errorf("without the store, and never known: %q", got)
	}
	if _, err := w.DeskKey(t.Context()); !errors.Is(err, server.ErrUnavailable) {
		t.Errorf("DeskKey: %v; want ErrUnavailable", err)
	}
	store.deaf.Store(false)
	if err := w.PutDeskKey(t.Context(), []byte("three")); err != nil {
		t.Fatal(err)
	}
	store.deaf.Store(true)
	w.pass(time.Hour)
	if got := desk(w); got != "three" {
		t.Errorf("without the store: %q; want the one before", got)
	}
}
