package client_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"parley/client"
	"parley/client/memstore"
	"parley/identity"
)

// Over a store that seals by itself nothing is sealed twice; names in keys stay
// hidden, under the same key after a restart, and under another in another store.
func TestSealedByStore(t *testing.T) {
	w := newWorld(t)
	s := memstore.New()
	seal, err := client.SealedByStore(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	login, _ := keys("ada")
	ada, err := client.SignUp(t.Context(), w.config(s), seal, account("ada"), login)
	if err != nil {
		t.Fatal(err)
	}
	records, err := s.List(t.Context(), "", "", 1000)
	if err != nil {
		t.Fatal(err)
	}
	clear := false
	for _, r := range records {
		clear = clear || bytes.Contains(r.Value, []byte(ada.Account()))
		if strings.Contains(r.Key, "ada") {
			t.Errorf("the key %q holds a name", r.Key)
		}
	}
	if !clear {
		t.Error("values were sealed a second time")
	}
	ada.Close()
	s = s.Again()
	again, err := client.SealedByStore(t.Context(), s)
	if err != nil || !bytes.Equal(again.Bytes(), seal.Bytes()) {
		t.Fatalf("another key after a restart: %v", err)
	}
	if _, err := client.Open(t.Context(), w.config(s), again); err != nil {
		t.Errorf("Open after a restart: %v", err)
	}
	other, err := client.SealedByStore(t.Context(), memstore.New())
	if err != nil || bytes.Equal(other.Bytes(), seal.Bytes()) {
		t.Errorf("two stores have one key: %v", err)
	}
}

// Each write tells which rooms it touched: of the sender, and of the receiver.
func TestTouched(t *testing.T) {
	w := newWorld(t)
	var mu sync.Mutex
	var rooms []identity.Room
	store := memstore.New()
	cfg := w.config(store)
	cfg.Changed = func(what client.Touched) {
		mu.Lock()
		defer mu.Unlock()
		rooms = append(rooms, what.Rooms...)
	}
	take := func() []identity.Room {
		mu.Lock()
		defer mu.Unlock()
		out := rooms
		rooms = nil
		slices.Sort(out)
		return slices.Compact(out)
	}
	login, seal := keys("ada")
	ada, err := client.SignUp(t.Context(), cfg, seal, account("ada"), login)
	if err != nil {
		t.Fatal(err)
	}
	bob := w.signUp("bob")
	if err := ada.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	take()
	bob.sendTo("hello", "ada")
	if err := ada.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	room := bob.room().Room
	if got := take(); !slices.Contains(got, room) {
		t.Errorf("receiving touched %v; want %s", got, room)
	}
	if _, err := ada.Post(t.Context(), room, client.Outgoing{Text: "queued"}); err != nil {
		t.Fatal(err)
	}
	if got := take(); !slices.Equal(got, []identity.Room{room}) {
		t.Errorf("queueing touched %v; want %s alone", got, room)
	}
}
