package client_test

import (
	"context"
	"testing"
	"time"

	"parley/client"
	"parley/content"
)

func (p *person) state(id client.MessageID) client.State {
	p.w.t.Helper()
	v, err := p.Lookup(p.w.t.Context(), id)
	if err != nil {
		p.w.t.Fatal(err)
	}
	return v.State
}

// read marks p's only room as read to its end, and tells it.
func (p *person) read() {
	p.w.t.Helper()
	p.sync()
	r := p.room()
	if err := p.MarkRead(p.w.t.Context(), r.Room, r.Last.Seq); err != nil {
		p.w.t.Fatal(err)
	}
	p.sync()
}

func TestReadReceipts(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	first := alice.sendTo("one", "bob")
	bob.sync()
	alice.sync()
	if got := alice.state(first); got != client.StateDelivered {
		t.Errorf("before bob has read: %s; want delivered", got)
	}
	bob.read()
	second := alice.sendTo("two", "bob")
	bob.sync()
	alice.sync()
	if got := alice.state(first); got != client.StateRead {
		t.Errorf("after bob has read: %s; want read", got)
	}
	if got := alice.state(second); got != client.StateDelivered {
		t.Errorf("the next one: %s; want delivered", got)
	}
	if r := bob.room(); r.Unread != 1 {
		t.Errorf("bob has %d unread; want 1", r.Unread)
	}
}

// In a group everyone has to have read.
func TestReadByAll(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	id := alice.sendTo("to both", "bob", "carol")
	bob.read()
	alice.sync()
	if got := alice.state(id); got != client.StateDelivered {
		t.Errorf("after bob has read: %s; want delivered", got)
	}
	carol.read()
	alice.sync()
	if got := alice.state(id); got != client.StateRead {
		t.Errorf("after both have: %s; want read", got)
	}
	w.signUp("dave")
	if err := alice.AddMembers(t.Context(), alice.room().Room, []string{"dave"}); err != nil {
		t.Fatal(err)
	}
	if got := alice.state(id); got != client.StateRead {
		t.Errorf("after somebody came who can't read it: %s; want read", got)
	}
}

// Who wants no receipts sends none and sees none.
func TestReceiptsOff(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	id := alice.sendTo("one", "bob")
	bob.sync()
	off := client.Settings{Receipts: false, Typing: true, Previews: true}
	if err := bob.SetSettings(ctx, off); err != nil {
		t.Fatal(err)
	}
	bob.read()
	alice.sync()
	if got := alice.state(id); got != client.StateDelivered {
		t.Errorf("bob reads without receipts: %s; want delivered", got)
	}
	off.Receipts = true
	if err := bob.SetSettings(ctx, off); err != nil {
		t.Fatal(err)
	}
	second := alice.sendTo("two", "bob")
	bob.read()
	alice.sync()
	if got := alice.state(second); got != client.StateRead {
		t.Fatalf("bob reads with receipts: %s; want read", got)
	}
	off.Receipts = false
	if err := alice.SetSettings(ctx, off); err != nil {
		t.Fatal(err)
	}
	if got := alice.state(second); got != client.StateDelivered {
		t.Errorf("alice wants no receipts, and sees %s", got)
	}
}

// What was read on one device is read on the other.
func TestReadOnTheOtherDevice(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	phone := bob.secondDevice()
	alice.sync()
	alice.sendTo("hello", "bob")
	bob.sync()
	phone.sync()
	if r := phone.room(); r.Unread != 1 {
		t.Fatalf("the phone has %d unread; want 1", r.Unread)
	}
	bob.read()
	bob.sync()
	phone.sync()
	if r := phone.room(); r.Unread != 0 || r.ReadSeq == 0 {
		t.Errorf("the phone has %d unread, read up to %d; want what was read elsewhere", r.Unread, r.ReadSeq)
	}
}

// Nobody says what another one has read, and of another room nothing is said.
func TestForgedRead(t *testing.T) {
	w := newWorld(t)
	alice, bob, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	private := alice.sendTo("for bob", "bob")
	bob.sync()
	group := alice.sendTo("to both", "bob", "mallory")
	mallory.sync()
	bob.sync()
	alice.sync()
	room := mallory.room().Room
	for _, ids := range [][]client.MessageID{{private}, {group}, {private, group}, {{1, 2, 3}}} {
		var reports []content.Report
		for _, id := range ids {
			reports = append(reports, content.Report{ID: id, Status: content.StatusRead})
		}
		m, err := content.NewStatus(content.Extensions{Sender: mallory.Account(), Room: room}, reports)
		if err != nil {
			t.Fatal(err)
		}
		data, _, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		mallory.sendRaw(room, data)
	}
	alice.sync()
	if got := alice.state(private); got != client.StateDelivered {
		t.Errorf("mallory reports bob's: %s; want delivered", got)
	}
	if got := alice.state(group); got != client.StateDelivered {
		t.Errorf("mallory reports for bob: %s; want delivered", got)
	}
}

// Hundreds of messages that came at once are all reported.
func TestManyReports(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	first := alice.sendTo("first", "bob")
	room := alice.room().Room
	for range content.MaxReports + 8 {
		if _, err := alice.Post(ctx, room, client.Outgoing{Text: "next"}); err != nil {
			t.Fatal(err)
		}
	}
	alice.sync()
	bob.sync()
	alice.sync()
	if got := alice.state(first); got != client.StateDelivered {
		t.Errorf("the first of many: %s; want delivered", got)
	}
}

// Who reads a request tells nothing before it is accepted.
func TestRequestIsReadQuietly(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	id := alice.sendTo("hello", "bob")
	room := bob.only().Room
	if err := bob.MarkRead(ctx, room, 99); err != nil {
		t.Fatal(err)
	}
	bob.sync()
	alice.sync()
	if got := alice.state(id); got != client.StateSent {
		t.Errorf("before it is accepted: %s; want sent", got)
	}
	if err := bob.Accept(ctx, room); err != nil {
		t.Fatal(err)
	}
	bob.sync()
	alice.sync()
	if got := alice.state(id); got != client.StateRead {
		t.Errorf("after it is accepted: %s; want read", got)
	}
}

// What comes is reported also while more comes all the time.
func TestReceiptsMeanwhile(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go bob.Run(ctx, nil)
	for _, what := range []string{"when bob's stream opens", "while more comes"} {
		first, reported := alice.sendTo("one", "bob"), false
		for end := time.Now().Add(time.Minute); !reported && time.Now().Before(end); { // longer than any wait that is meant
			alice.sendTo("and more", "bob")
			time.Sleep(50 * time.Millisecond)
			alice.sync()
			reported = alice.state(first) == client.StateDelivered
		}
		if !reported {
			t.Errorf("nothing was reported %s", what)
		}
	}
}
