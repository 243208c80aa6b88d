package client_test

import "testing"

func TestNoteToSelf(t *testing.T) {
	w := newWorld(t)
	alice := w.signUp("alice")
	alice.sendTo("a note", "alice")
	alice.sync()
	if r := alice.room(); r.Problem != "" {
		t.Fatalf("the room has a problem: %s", r.Problem)
	}
	phone := alice.secondDevice()
	alice.sendTo("another", "alice")
	phone.want("another")
}
