package mls_test

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"parley/mls"
	"parley/mls/mlstest"
)

// TestWaiting: messages that overtake their commits wait (RFC 9420, Section 14,
// RFC 9420, Section 15.3).
func TestWaiting(t *testing.T) {
	alice, bob, _ := trio(t)
	var waiting mls.Waiting
	var commits, messages [][]byte
	for range 3 {
		commits = append(commits, alice.Commit(t, mls.CommitOptions{}).CommitMessage())
		messages = append(messages, alice.Send(t, fmt.Sprint(alice.Group.Epoch())))
	}
	for i := len(messages) - 1; i >= 0; i-- {
		if _, _, err := bob.Group.Decrypt(messages[i]); !errors.Is(err, mls.ErrFutureEpoch) {
			t.Fatalf("got %v, want ErrFutureEpoch", err)
		}
		if !waiting.Add(bob.Group.Epoch()+1+uint64(i), messages[i]) {
			t.Errorf("message %d does not wait", i)
		}
	}
	for i, commit := range commits {
		bob.Follow(t, commit)
		got := waiting.Take(bob.Group.Epoch())
		if len(got) != 1 || bob.Receive(t, got[0]) != fmt.Sprint(bob.Group.Epoch()) {
			t.Errorf("epoch %d: %d messages", bob.Group.Epoch(), len(got))
		}
		if waiting.Len() != len(commits)-1-i {
			t.Errorf("%d messages are left", waiting.Len())
		}
	}
}

// TestWaitingBounds: count, bytes and epochs are bounded, and what is nearest
// stays.
func TestWaitingBounds(t *testing.T) {
	w := mls.Waiting{MaxMessages: 3, MaxBytes: 10, MaxAhead: 5}
	for _, c := range []struct {
		epoch   uint64
		message string
		want    bool
	}{
		{6, "too far ahead", false},
		{5, "aaaa", true},
		{4, "bbbb", true},
		{4, "bbbb", false}, // twice
		{5, "cccc", false}, // no room
		{1, "dddd", true},  // in the place of epoch 5
		{1, "e", true},
		{2, "f", true}, // in the place of epoch 4
		{3, "g", false},
		{1, "0123456789abc", false},
	} {
		if got := w.Add(c.epoch, []byte(c.message)); got != c.want {
			t.Errorf("epoch %d, %q: got %v, want %v", c.epoch, c.message, got, c.want)
		}
	}
	if got := w.Take(1); len(got) != 2 || string(got[0]) != "dddd" || w.Len() != 1 {
		t.Errorf("got %q, and %d are left", got, w.Len())
	}
	if w.Add(0, []byte("over")) {
		t.Error("a message of a past epoch waits")
	}
}

// TestWaitingSurvivesRestart: what was saved is there after a restart, in its
// order and within the bounds, and nothing is taken twice.
func TestWaitingSurvivesRestart(t *testing.T) {
	alice, bob, _ := trio(t)
	var before mls.Waiting
	var commits [][]byte
	for range 2 {
		commits = append(commits, alice.Commit(t, mls.CommitOptions{}).CommitMessage())
		before.Add(alice.Group.Epoch(), alice.Send(t, fmt.Sprint(alice.Group.Epoch())))
	}
	for _, commit := range commits {
		var after mls.Waiting
		if err := after.Load(before.Marshal()); err != nil {
			t.Fatal(err)
		}
		bob.Reload(t)
		bob.Follow(t, commit)
		got := after.Take(bob.Group.Epoch())
		if len(got) != 1 || bob.Receive(t, got[0]) != fmt.Sprint(bob.Group.Epoch()) {
			t.Errorf("epoch %d: %d messages", bob.Group.Epoch(), len(got))
		}
		before = after
	}
	var last mls.Waiting
	if err := last.Load(before.Marshal()); err != nil || last.Len() != 0 {
		t.Errorf("got %d messages, %v", last.Len(), err)
	}
	if last.Add(bob.Group.Epoch()-1, []byte("over")) {
		t.Error("a message of a past epoch waits after a restart")
	}
}

// TestWaitingLoad: bounds hold for what is loaded, and a damaged record changes
// nothing.
func TestWaitingLoad(t *testing.T) {
	var w mls.Waiting
	for i, message := range []string{"a", "b", "c", "d"} {
		w.Add(uint64(i), []byte(message))
	}
	record := w.Marshal()
	small := mls.Waiting{MaxMessages: 2}
	if err := small.Load(record); err != nil || small.Len() != 2 {
		t.Errorf("got %d messages, %v, want 2", small.Len(), err)
	}
	if got := small.Take(1); len(got) != 1 || string(got[0]) != "b" {
		t.Errorf("got %q, want b", got)
	}
	for i := range record {
		if err := w.Load(record[:i]); !errors.Is(err, mls.ErrState) {
			t.Errorf("%d bytes: got %v, want ErrState", i, err)
		}
	}
	if err := w.Load(append(bytes.Clone(record), 0)); !errors.Is(err, mls.ErrState) || w.Len() != 4 {
		t.Errorf("got %v and %d messages, want ErrState and 4", err, w.Len())
	}
}

// fork gives bob another commit than alice and carol.
func fork(t *testing.T) (alice, bob, carol *mlstest.Client) {
	t.Helper()
	alice, bob, carol = trio(t)
	staged, _, err := carol.Group.Commit(mls.CommitOptions{})
	if err != nil {
		t.Fatal(err)
	}
	bob.Follow(t, staged.CommitMessage())
	carol.Reload(t) // the service says that the commit lost
	carol.Follow(t, alice.Commit(t, mls.CommitOptions{}).CommitMessage())
	return alice, bob, carol
}

// TestFork: members of two histories find out, and one comes back
// (RFC 9420, Section 8.7, RFC 9420, Section 12.4.3.2, RFC 9420, Section 14).
func TestFork(t *testing.T) {
	alice, bob, carol := fork(t)
	epoch := alice.Group.Epoch()
	if err := alice.Group.CheckEpoch(epoch, carol.Group.EpochAuthenticator()); err != nil {
		t.Errorf("alice and carol: %v", err)
	}
	if err := bob.Group.CheckEpoch(epoch, alice.Group.EpochAuthenticator()); !errors.Is(err, mls.ErrFork) {
		t.Errorf("alice and bob: got %v, want ErrFork", err)
	}
	old := alice.Group.EpochAuthenticator()
	carol.Follow(t, alice.Commit(t, mls.CommitOptions{}).CommitMessage())
	carol.Reload(t)
	for _, c := range []struct {
		epoch uint64
		auth  []byte
		want  error
	}{
		{epoch, old, nil},
		{epoch, bob.Group.EpochAuthenticator(), mls.ErrFork},
		{epoch + 2, old, mls.ErrFutureEpoch},
		{0, old, mls.ErrEpochGone},
	} {
		if err := carol.Group.CheckEpoch(c.epoch, c.auth); !errors.Is(err, c.want) {
			t.Errorf("epoch %d: got %v, want %v", c.epoch, err, c.want)
		}
	}
	info, err := alice.Group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	staged, err := bob.Group.Rejoin(info, false, mls.ExternalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	alice.Follow(t, staged.CommitMessage())
	carol.Follow(t, staged.CommitMessage())
	g, changes, err := staged.Join()
	if err != nil {
		t.Fatal(err)
	}
	bob = follower(t, bob, g, changes, err)
	agree(t, alice, bob, carol)
	if m, _ := alice.Group.Member(bob.Group.OwnIndex()); !bytes.Equal(m.Identity, bob.Identity) || len(alice.Group.Members()) != 3 {
		t.Error("bob has another leaf than before")
	}
}

// TestRejoin: with the resumption PSK of the epoch in which one was; not into
// another group, nor back in time.
func TestRejoin(t *testing.T) {
	alice, bob, carol := trio(t)
	early, err := alice.Group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	staged, err := bob.Group.Rejoin(early, true, mls.ExternalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if got := alice.Follow(t, staged.CommitMessage()).Effects().PSKs; len(got) != 1 {
		t.Errorf("PSKs: %v", got)
	}
	carol.Follow(t, staged.CommitMessage())
	if _, err := carol.Group.Rejoin(early, false, mls.ExternalOptions{}); !errors.Is(err, mls.ErrWrongEpoch) {
		t.Errorf("back in time: got %v, want ErrWrongEpoch", err)
	}
	other := mlstest.NewClient(t, alice.Suite, "other")
	other.Create(t, "another")
	info, err := other.Group.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := carol.Group.Rejoin(info, false, mls.ExternalOptions{}); !errors.Is(err, mls.ErrWrongGroup) {
		t.Errorf("another group: got %v, want ErrWrongGroup", err)
	}
}
