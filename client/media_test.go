package client_test

import (
	"encoding/hex"
	"errors"
	"slices"
	"testing"
	"time"

	"parley/client"
	"parley/content"
	"parley/identity"
	"parley/wire"
)

// showing makes a world with two people who talk, and a ledger of blobs.
func showing(t *testing.T) (w *world, alice, bob *person, room identity.Room) {
	w = newWorld(t)
	w.ledger = newLedger()
	alice, bob = w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	return w, alice, bob, alice.room().Room
}

func photo(n byte) client.Attachment {
	return client.Attachment{
		Role: content.RolePhoto, Blob: [32]byte{0xb0, n}, Key: keyNumber(n), Hash: [32]byte{0x11, n}, Size: 1000, Sealed: 1100,
		Type: "image/jpeg", Name: "beach.jpg", Alt: "waves", Width: 640, Height: 480,
	}
}

func clip(n byte) client.Attachment {
	a := photo(n)
	a.Role, a.Type, a.Name, a.DurationMS = content.RoleVideo, "video/mp4", "clip.mp4", 12_400
	return a
}

func paper(n byte) client.Attachment {
	return client.Attachment{
		Role: content.RoleFile, Blob: [32]byte{0xb0, n}, Key: keyNumber(n), Size: 5, Sealed: 100, Type: "application/pdf", Name: "Zoning plan.pdf",
	}
}

// keyOf returns a part of what opens an attachment, as a record would have it.
func keyOf(a client.Attachment) string { return string(a.Key[:]) }

func keyNumber(n byte) [32]byte {
	return [32]byte([]byte("what opens attachment number " + string(rune('0'+n)) + "zz"))
}

func hexName(blob [32]byte) string { return hex.EncodeToString(blob[:]) }

// Attachments come as they were sent, with a caption; the server is told which blobs
// and nothing else of them; the list, a quote and a search say what they are.
func TestAttachments(t *testing.T) {
	w, alice, bob, room := showing(t)
	ctx := t.Context()
	all := []client.Attachment{photo(1), clip(2)}
	id := alice.post(client.Outgoing{Text: "by the **sea**", Attachments: all})
	bob.sync()
	for _, p := range []*person{alice, bob} {
		v := p.last()
		if v.Text != "by the **sea**" || v.Kind != client.KindText || v.Media == nil || len(v.Media.Attachments) != 2 {
			t.Fatalf("%s sees %+v", p.Account(), v)
		}
		for i, a := range v.Media.Attachments {
			if a.Blob != all[i].Blob || a.Key != all[i].Key || a.Name != all[i].Name || a.Width != 640 {
				t.Errorf("%s sees %+v; want %+v", p.Account(), a, all[i])
			}
		}
		if got := v.Line(50); got != "2 attachments: by the sea" {
			t.Errorf("its line is %q", got)
		}
		p.restart() // it is kept
		if v := p.last(); v.Media == nil || len(v.Media.Attachments) != 2 {
			t.Errorf("after a restart %s sees %+v", p.Account(), v)
		}
	}
	if !w.ledger.refers(room, all[0].Blob) || !w.ledger.refers(room, all[1].Blob) || w.ledger.until(room, all[0].Blob) != 0 {
		t.Error("the server wasn't told of the blobs")
	}
	alone := bob.post(client.Outgoing{Attachments: []client.Attachment{clip(3)}, Reply: id})
	alice.sync()
	if r := alice.room(); r.Last == nil || r.Last.ID != alone || r.Last.Media.Glimpse().String() != "Video (0:12)" || r.Last.Text != "" {
		t.Errorf("the list shows %+v", r.Last)
	}
	page, err := alice.Page(ctx, room, client.PageOf{Limit: 5})
	if err != nil || page.Quotes[id] == nil || page.Quotes[id].Media.Glimpse().Kind != client.MediaAlbum {
		t.Errorf("the quote is %+v, %v", page.Quotes[id], err)
	}
	bob.post(client.Outgoing{Attachments: []client.Attachment{paper(4)}})
	alice.sync()
	for text, want := range map[string]int{"zoning": 1, "clip.mp4": 2, "sea": 1, "waves": 2, "nothing of it": 0} {
		hits, _, err := alice.Search(ctx, client.Query{Text: text, Limit: 10})
		if err != nil || len(hits) != want {
			t.Errorf("Search(%q) finds %d, %v; want %d", text, len(hits), err, want)
		}
	}
	if err := bob.PostReaction(ctx, id, "👍"); err != nil {
		t.Error(err)
	}
}

// A caption is edited, to nothing too; the attachments stay.
func TestEditCaption(t *testing.T) {
	_, alice, bob, _ := showing(t)
	ctx := t.Context()
	id := alice.post(client.Outgoing{Text: "one", Attachments: []client.Attachment{photo(1)}})
	for _, text := range []string{"two", ""} {
		if _, err := alice.PostEdit(ctx, id, client.Outgoing{Text: text}); err != nil {
			t.Fatal(err)
		}
		alice.sync()
		bob.sync()
		for _, p := range []*person{alice, bob} {
			if v := p.last(); v.Text != text || !v.Edited || v.Media == nil || v.Media.Attachments[0].Key != photo(1).Key {
				t.Errorf("%s sees %q with %+v", p.Account(), v.Text, v.Media)
			}
		}
	}
	if _, err := alice.PostEdit(ctx, alice.sendTo("text", "bob"), client.Outgoing{Text: " "}); !errors.Is(err, client.ErrEmpty) {
		t.Errorf("a text edited to nothing: %v; want ErrEmpty", err)
	}
}

// What can't be attached isn't queued.
func TestAttachRefused(t *testing.T) {
	_, alice, _, room := showing(t)
	svg := photo(1)
	svg.Type = "image/svg+xml"
	for name, o := range map[string]client.Outgoing{
		"SVG":               {Attachments: []client.Attachment{svg}},
		"twice":             {Attachments: []client.Attachment{photo(1), photo(1)}},
		"nothing once":      {Text: "x", ViewOnce: true},
		"an album once":     {Attachments: []client.Attachment{photo(1), photo(2)}, ViewOnce: true},
		"a long caption":    {Text: string(make([]byte, client.MaxText+1)), Attachments: []client.Attachment{photo(1)}},
		"a caption of \xff": {Text: "\xff", Attachments: []client.Attachment{photo(1)}},
	} {
		_, err := alice.Post(t.Context(), room, o)
		if !errors.Is(err, client.ErrAttachment) && !errors.Is(err, client.ErrTooLong) && !errors.Is(err, client.ErrNotText) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if h, err := alice.History(t.Context(), room, 0, 20); err != nil || h[len(h)-1].Text != "start" {
		t.Errorf("something was kept: %v, %v", h, err)
	}
}

// Who takes a message back gives up its blobs with the same message, unless another
// one of theirs in the room has them; and what opened them is gone from the devices.
func TestUnsendGivesUp(t *testing.T) {
	w, alice, bob, room := showing(t)
	ctx := t.Context()
	phone := alice.secondDevice()
	alice.sync()
	phone.sync()
	first := alice.post(client.Outgoing{Attachments: []client.Attachment{photo(1), photo(2)}})
	second := alice.post(client.Outgoing{Attachments: []client.Attachment{photo(2)}})
	bob.sync()
	phone.sync()
	bob.holds("a photo", keyOf(photo(1)), true)
	if _, err := phone.Unsend(ctx, first); err != nil { // another own device does as well
		t.Fatal(err)
	}
	if w.ledger.refers(room, photo(1).Blob) || !w.ledger.refers(room, photo(2).Blob) {
		t.Error("it gave up the wrong blobs")
	}
	for _, p := range []*person{alice, phone, bob} {
		p.sync()
		p.holds("taken back", keyOf(photo(1)), false)
		if v, err := p.Lookup(ctx, first); err != nil || !v.Unsent || v.Media != nil {
			t.Errorf("%s sees %+v, %v", p.Account(), v, err)
		}
	}
	if _, err := alice.Unsend(ctx, second); err != nil {
		t.Fatal(err)
	}
	if w.ledger.refers(room, photo(2).Blob) {
		t.Error("the last message with it was taken back, and the blob is kept")
	}
	if r := w.ledger.released(); len(r) != 2 || r[0].Quiet != true || len(r[0].Blobs) != 0 {
		t.Errorf("given up by %+v", r)
	}
}

// What waits to be sent still needs its blobs when an earlier message with them is
// taken back.
func TestUnsendBehindQueued(t *testing.T) {
	w, alice, bob, room := showing(t)
	ctx := t.Context()
	first := alice.post(client.Outgoing{Attachments: []client.Attachment{photo(1), photo(2)}})
	bob.sync()
	tp := alice.tapped()
	tp.set(func(op wire.Operation, _ []byte) error {
		if op == wire.OpSend {
			return client.ErrOffline
		}
		return nil
	}, nil)
	again, err := alice.Post(ctx, room, client.Outgoing{Attachments: []client.Attachment{photo(1)}})
	alice.ok(err)
	if _, err := alice.Unsend(ctx, first); !errors.Is(err, client.ErrQueued) {
		t.Fatalf("Unsend: %v; want ErrQueued", err)
	}
	tp.set(nil, nil)
	alice.sync()
	if !w.ledger.refers(room, photo(1).Blob) || w.ledger.refers(room, photo(2).Blob) {
		t.Error("a message that was sent meanwhile lost its blob, or the other one is kept")
	}
	if _, err := alice.Unsend(ctx, again); err != nil || w.ledger.refers(room, photo(1).Blob) {
		t.Errorf("it is kept when the last one is taken back, or %v", err)
	}
}

// A message of somebody else gives up nothing of one's own, whatever it names.
func TestUnsendOfOthersGivesUpNothing(t *testing.T) {
	w, alice, bob, room := showing(t)
	id := alice.post(client.Outgoing{Attachments: []client.Attachment{photo(1)}})
	bob.sync()
	if _, err := bob.Unsend(t.Context(), id); !errors.Is(err, client.ErrNotYours) {
		t.Errorf("Unsend: %v; want ErrNotYours", err)
	}
	unsend := content.NewUnsend(content.Extensions{Sender: bob.Account(), Room: room}, id, client.MessageID{})
	data, _, err := unsend.Encode()
	if err != nil {
		t.Fatal(err)
	}
	bob.sendRaw(room, data)
	alice.sync()
	if v := alice.last(); v.Media == nil || v.Unsent || !w.ledger.refers(room, photo(1).Blob) {
		t.Errorf("alice sees %+v", v)
	}
}

// A message that was taken back before it came leaves nothing of what opens it.
func TestUnsendComesFirst(t *testing.T) {
	_, alice, bob, room := showing(t)
	ext := content.Extensions{Sender: alice.Account(), Room: room}
	m, err := content.NewAttached(ext, content.SinglePart{}, content.Attached{Attachments: []client.Attachment{photo(1)}})
	alice.ok(err)
	data, id, err := m.Encode()
	alice.ok(err)
	unsend, _, err := content.NewUnsend(ext, id, client.MessageID{}).Encode()
	alice.ok(err)
	alice.sendRaw(room, unsend)
	alice.sendRaw(room, data)
	bob.sync()
	if v, err := bob.Lookup(t.Context(), id); err != nil || !v.Unsent || v.Media != nil {
		t.Errorf("bob sees %+v, %v", v, err)
	}
	bob.holds("taken back first", keyOf(photo(1)), false)
}

// A forward has the same blob, in the other room too, and says that it is one; what is
// to be viewed once isn't passed on; the server's limit holds.
func TestForwardAttachments(t *testing.T) {
	w, alice, bob, room := showing(t)
	ctx := t.Context()
	carol := w.signUp("carol")
	bob.sendTo("hi", "carol")
	carol.sync()
	there := bob.direct("carol")
	id := alice.post(client.Outgoing{Text: "look", Attachments: []client.Attachment{photo(1)}})
	once := alice.post(client.Outgoing{Attachments: []client.Attachment{photo(2)}, ViewOnce: true})
	bob.sync()
	bob.ok(bob.Forward(ctx, id, []identity.Room{there}))
	bob.sync()
	carol.sync()
	v := carol.last()
	if v.Text != "look" || !v.Forwarded || v.Media == nil || v.Media.Attachments[0].Key != photo(1).Key {
		t.Errorf("carol sees %+v", v)
	}
	if !w.ledger.refers(there, photo(1).Blob) || !w.ledger.refers(room, photo(1).Blob) {
		t.Error("the blob isn't referred to in both rooms")
	}
	if from := w.ledger.from(there, photo(1).Blob); from != room {
		t.Errorf("it is said to be from %q; want %q", from, room)
	}
	if mine, err := bob.Lookup(ctx, v.ID); err != nil || mine.Media == nil || mine.Media.From != "" {
		t.Errorf("once it is sent, bob's record still says from where: %+v, %v", mine, err)
	}
	if err := bob.Forward(ctx, once, []identity.Room{there}); !errors.Is(err, client.ErrViewOnce) {
		t.Errorf("to be viewed once: %v; want ErrViewOnce", err)
	}
	bob.LearnLimits(wire.BlobLimits{Forward: 1})
	if err := bob.Forward(ctx, id, []identity.Room{there, room}); !errors.Is(err, client.ErrTooLong) {
		t.Errorf("to two of at most one: %v; want ErrTooLong", err)
	}
}

// A blob that the server has no more, or took down, fails the message, and not those
// behind it.
func TestBlobTakenDown(t *testing.T) {
	w, alice, bob, room := showing(t)
	w.ledger.taken[hexName(photo(1).Blob)] = true
	id, err := alice.Post(t.Context(), room, client.Outgoing{Attachments: []client.Attachment{photo(1)}})
	if err != nil {
		t.Fatal(err)
	}
	alice.Sync(t.Context())
	alice.sendTo("after it", "bob")
	if got := alice.state(id); got != client.StateFailed {
		t.Errorf("it is %s; want failed", got)
	}
	bob.want("after it")
}

// To be viewed once: the receiver looks at it on one device, and it is gone from all of
// theirs, whatever comes first; its author's devices never have it; the author hears of it and
// gives the blob up.
func TestViewOnce(t *testing.T) {
	w, alice, bob, room := showing(t)
	ctx := t.Context()
	phone, tablet := alice.secondDevice(), bob.secondDevice()
	for _, p := range []*person{alice, bob, phone, tablet, alice, bob} {
		p.sync()
	}
	id := alice.post(client.Outgoing{Text: "quick", Attachments: []client.Attachment{photo(1)}, ViewOnce: true})
	phone.sync()
	bob.sync()
	tablet.sync()
	for _, p := range []*person{alice, phone} {
		p.holds("its author's", keyOf(photo(1)), false)
		if v, err := p.Lookup(ctx, id); err != nil || v.Media == nil || !v.Media.Opened || len(v.Media.Attachments) > 0 || v.Line(50) != "Photo, to be viewed once: quick" {
			t.Errorf("its author sees %+v, %v", v, err)
		}
	}
	if until := w.ledger.until(room, photo(1).Blob); until < w.clock.now().Add(13*24*time.Hour).UnixMilli() {
		t.Errorf("it is kept until %d", until)
	}
	if v := bob.last(); v.Media == nil || v.Media.Opened || v.Media.Attachments[0].Key != photo(1).Key {
		t.Fatalf("bob sees %+v", v)
	}
	page := client.WithKey(ctx, "page 1")
	bob.ok(bob.OpenOnce(page, id))
	if err := bob.OpenOnce(client.WithKey(ctx, "page 2"), id); !errors.Is(err, client.ErrOpened) {
		t.Errorf("another page at the same time: %v; want ErrOpened", err)
	}
	bob.ok(bob.OpenOnce(page, id)) // its worker was gone before it heard
	bob.sync()
	tablet.sync()
	for _, p := range []*person{bob, tablet} {
		p.holds("looked at", keyOf(photo(1)), false)
		if v, err := p.Lookup(ctx, id); err != nil || !v.Media.Opened || len(v.Media.Attachments) > 0 {
			t.Errorf("%s sees %+v, %v", p.Account(), v.Media, err)
		}
	}
	alice.sync()
	alice.sync()
	if w.ledger.refers(room, photo(1).Blob) {
		t.Error("it was looked at, and the blob is kept")
	}
	if r := w.ledger.released(); len(r) != 1 || !r[0].Quiet {
		t.Errorf("given up by %+v; want one that is quiet", r)
	}
	if err := bob.OpenOnce(ctx, bob.sendTo("text", "alice")); !errors.Is(err, client.ErrUnknownMessage) {
		t.Errorf("OpenOnce of a text: %v; want ErrUnknownMessage", err)
	}
	for _, p := range []*person{alice, bob, phone, tablet} {
		if got := p.refusals(); len(got) > 0 {
			t.Errorf("%s refused %v", p.Account(), got)
		}
	}
}

// A device that comes to the message after another own one has looked at it never has
// what opens it.
func TestViewedBeforeItCame(t *testing.T) {
	_, alice, bob, _ := showing(t)
	tablet := bob.secondDevice()
	for _, p := range []*person{bob, tablet, alice, bob, tablet} {
		p.sync()
	}
	id := alice.post(client.Outgoing{Attachments: []client.Attachment{photo(1)}, ViewOnce: true})
	bob.sync()
	tablet.ok(tablet.LearnViewed(t.Context(), id))
	tablet.sync()
	tablet.holds("looked at elsewhere", keyOf(photo(1)), false)
}

// Without receipts nobody hears that it was looked at: it is kept until its time is over.
func TestViewOnceWithoutReceipts(t *testing.T) {
	w, alice, bob, room := showing(t)
	ctx := t.Context()
	s, err := bob.Settings(ctx)
	bob.ok(err)
	s.Receipts = false
	bob.ok(bob.SetSettings(ctx, s))
	id := alice.post(client.Outgoing{Attachments: []client.Attachment{photo(1)}, ViewOnce: true})
	bob.sync()
	bob.ok(bob.OpenOnce(ctx, id))
	bob.holds("looked at", keyOf(photo(1)), false)
	alice.sync()
	alice.sync()
	if !w.ledger.refers(room, photo(1).Blob) || len(w.ledger.released()) > 0 {
		t.Error("alice has heard of it")
	}
}

// What disappears takes its blobs with it: not before those who haven't read it have
// had their time.
func TestDisappearingBlobs(t *testing.T) {
	w, alice, bob, room := showing(t)
	alice.timer(60)
	bob.sync()
	alice.post(client.Outgoing{Attachments: []client.Attachment{photo(1)}})
	bob.sync()
	w.clock.advance(2 * time.Minute)
	alice.sync()
	alice.holds("gone with its author", keyOf(photo(1)), false)
	if !w.ledger.refers(room, photo(1).Blob) {
		t.Fatal("bob hasn't read it, and it is given up")
	}
	if until := w.ledger.until(room, photo(1).Blob); until < w.clock.now().Add(29*24*time.Hour).UnixMilli() {
		t.Errorf("it is kept until %d", until)
	}
	bob.read()
	alice.sync()
	if !w.ledger.refers(room, photo(1).Blob) {
		t.Fatal("bob's time has just begun, and it is given up")
	}
	w.clock.advance(61 * time.Second)
	alice.sync()
	bob.holds("gone with its reader", keyOf(photo(1)), false)
	if w.ledger.refers(room, photo(1).Blob) || w.ledger.all() != 0 {
		t.Error("it is gone for everyone, and the blob is kept")
	}
	if got := bob.refusals(); len(got) > 0 {
		t.Errorf("bob refused %v", got)
	}
}

// A stranger is sent text alone, and what a stranger's message has beside its text
// shows once its conversation is accepted.
func TestStrangersAttachments(t *testing.T) {
	w := sorting(t)
	w.ledger = newLedger()
	ctx := t.Context()
	alice, bob, mallory := w.signUp("alice"), w.signUp("bob"), w.signUp("mallory")
	room, err := alice.Start(ctx, client.Opening{Names: []string{"bob"}})
	alice.ok(err)
	o := client.Outgoing{Text: "look", Attachments: []client.Attachment{photo(1)}}
	if _, err := alice.Post(ctx, room, o); !errors.Is(err, client.ErrRequestMedia) {
		t.Errorf("to a stranger: %v; want ErrRequestMedia", err)
	}
	theirs, err := mallory.Start(ctx, client.Opening{Names: []string{"bob"}})
	mallory.ok(err)
	m, err := content.NewAttached(content.Extensions{Sender: mallory.Account(), Room: theirs}, content.SinglePart{ContentType: content.TypeMarkdown, Content: []byte("hi")},
		content.Attached{Attachments: []client.Attachment{photo(2)}, ViewOnce: true})
	mallory.ok(err)
	data, id, err := m.Encode()
	mallory.ok(err)
	mallory.sendRaw(theirs, data)
	bob.sync()
	v, err := bob.Lookup(ctx, id)
	if err != nil || v.Media == nil || !v.Media.Withheld || len(v.Media.Attachments) > 0 || v.Text != "hi" {
		t.Fatalf("before it is accepted bob sees %+v, %v", v, err)
	}
	if fed, _, err := bob.NewMessages(ctx, 9); err != nil || len(fed) != 1 || !fed[0].Media.Withheld || len(fed[0].Media.Attachments) > 0 {
		t.Errorf("what is new is %+v, %v; want it withheld", fed, err)
	}
	if err := bob.OpenOnce(ctx, id); !errors.Is(err, client.ErrUnknownMessage) {
		t.Errorf("OpenOnce before it is accepted: %v; want ErrUnknownMessage", err)
	}
	if err := bob.Forward(ctx, id, []identity.Room{theirs}); err == nil {
		t.Error("it is passed on before it is accepted")
	}
	bob.ok(bob.Accept(ctx, theirs))
	if v, err := bob.Lookup(ctx, id); err != nil || v.Media.Withheld || len(v.Media.Attachments) != 1 {
		t.Errorf("accepted, bob sees %+v, %v", v.Media, err)
	}
	bob.sync()
	mallory.sync()
	if _, err := mallory.Post(ctx, theirs, o); err != nil {
		t.Errorf("accepted, mallory sends a photo: %v", err)
	}
}

// Whatever the write at which a client is killed while it sends and takes back what has
// blobs: what is shown and what the server keeps agree in the end.
func TestKilledWithBlobs(t *testing.T) {
	for _, late := range []bool{false, true} {
		for n := 0; ; n++ {
			if !blobsWithCrash(t, n, late) {
				t.Logf("late %v: %d writes", late, n)
				break
			}
		}
	}
}

func blobsWithCrash(t *testing.T, n int, late bool) bool {
	w, alice, bob, room := showing(t)
	ctx := t.Context()
	s := alice.crashing(n, late)
	id, err := alice.Post(client.WithKey(ctx, "post"), room, client.Outgoing{Attachments: []client.Attachment{photo(1), photo(2)}})
	alice.Sync(ctx)
	once, errOnce := alice.Post(client.WithKey(ctx, "once"), room, client.Outgoing{Attachments: []client.Attachment{photo(3)}, ViewOnce: true})
	alice.Sync(ctx)
	if err == nil {
		alice.PostUnsend(client.WithKey(ctx, "unsend"), id)
		alice.Sync(ctx)
	}
	died := s.died()
	alice.restart()
	if err != nil { // as a page does that doesn't know what became of its call
		id, err = alice.Post(client.WithKey(ctx, "post"), room, client.Outgoing{Attachments: []client.Attachment{photo(1), photo(2)}})
		alice.ok(err)
	}
	if errOnce != nil {
		once, err = alice.Post(client.WithKey(ctx, "once"), room, client.Outgoing{Attachments: []client.Attachment{photo(3)}, ViewOnce: true})
		alice.ok(err)
	}
	if _, err := alice.PostUnsend(client.WithKey(ctx, "unsend"), id); err != nil && !errors.Is(err, client.ErrUnsent) {
		t.Fatalf("n %d late %v: unsend: %v", n, late, err)
	}
	alice.sync()
	bob.sync()
	bob.ok(bob.OpenOnce(ctx, once))
	alice.sync()
	alice.sync()
	if left := w.ledger.all(); left != 0 {
		t.Fatalf("n %d late %v: %d references are left", n, late, left)
	}
	for _, p := range []*person{alice, bob} {
		h, err := p.History(ctx, room, 0, 20)
		p.ok(err)
		lines := slices.DeleteFunc(h, func(v client.View) bool { return v.Kind == client.KindNotice || v.Text == "start" })
		if len(lines) != 2 || !slices.ContainsFunc(lines, func(v client.View) bool { return v.Unsent }) {
			t.Fatalf("n %d late %v: %s sees %d lines", n, late, p.Account(), len(lines))
		}
		for _, m := range []byte{1, 2, 3} {
			p.holds("in the end", keyOf(photo(m)), false)
		}
	}
	return died
}

// Two processes on one store give up a blob once.
func TestTwoProcessesGiveUpOnce(t *testing.T) {
	w, alice, bob, room := showing(t)
	ctx := t.Context()
	id := alice.post(client.Outgoing{Attachments: []client.Attachment{photo(1)}, ViewOnce: true})
	bob.sync()
	bob.ok(bob.OpenOnce(ctx, id))
	other := alice.again()
	for range 2 {
		alice.sync()
		other.sync()
	}
	if r := w.ledger.released(); len(r) != 1 || w.ledger.refers(room, photo(1).Blob) {
		t.Errorf("given up %d times; want once", len(r))
	}
}
