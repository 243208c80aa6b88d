package client_test

import (
	"testing"

	"parley/client"
)

// A call that is repeated, since nobody knows whether it was performed, posts once:
// also after a restart, and after some others.
func TestPostOnce(t *testing.T) {
	w := newWorld(t)
	ada, bob := w.signUp("ada"), w.signUp("bob")
	ada.sendTo("hello", "bob")
	room := ada.room().Room
	post := func(key, text string) client.MessageID {
		t.Helper()
		id, err := ada.Post(client.WithKey(t.Context(), key), room, client.Outgoing{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := post("page 1", "once")
	if again := post("page 1", "once"); again != first {
		t.Errorf("repeated: %v; want %v", again, first)
	}
	if other := post("page 2", "twice"); other == first {
		t.Error("another call has the same id")
	}
	ada.restart()
	if again := post("page 1", "once"); again != first {
		t.Errorf("after a restart: %v; want %v", again, first)
	}
	post("", "unkeyed")
	post("", "unkeyed")
	ada.sync()
	bob.want("hello", "once", "twice", "unkeyed", "unkeyed")
}

// A call that fails isn't remembered.
func TestPostOnceFails(t *testing.T) {
	w := newWorld(t)
	ada, _ := w.signUp("ada"), w.signUp("bob")
	ada.sendTo("hello", "bob")
	ctx := client.WithKey(t.Context(), "page 1")
	if _, err := ada.Post(ctx, ada.room().Room, client.Outgoing{Text: " "}); err == nil {
		t.Fatal("an empty text was posted")
	}
	if id, err := ada.Post(ctx, ada.room().Room, client.Outgoing{Text: "text"}); err != nil || id.IsZero() {
		t.Errorf("after a failure: %v, %v", id, err)
	}
}

// A group that is asked for twice with a key is one group; with another key it is
// another one.
func TestStartOnce(t *testing.T) {
	w := newWorld(t)
	ada, _ := w.signUp("ada"), w.signUp("bob")
	start := func(key string) string {
		t.Helper()
		room, err := ada.Start(client.WithKey(t.Context(), key), client.Opening{Names: []string{"bob"}, Group: true, Title: "kiln"})
		if err != nil {
			t.Fatal(err)
		}
		return string(room)
	}
	first := start("page 1")
	if again := start("page 1"); again != first {
		t.Errorf("repeated: %s; want %s", again, first)
	}
	ada.restart()
	if again := start("page 1"); again != first {
		t.Errorf("after a restart: %s; want %s", again, first)
	}
	if start("page 2") == first || start("") == first {
		t.Error("another call has the same group")
	}
	all, err := ada.Rooms(t.Context())
	if err != nil || len(all) != 3 {
		t.Errorf("%d rooms, %v; want 3", len(all), err)
	}
}
