package client_test

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/client"
	"parley/client/memstore"
	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/report"
	"parley/wire"
)

// open is a person over a store that seals by itself: a test can search it.
func (w *world) open(name string) *person {
	w.t.Helper()
	p := &person{w: w, store: memstore.New()}
	p.login, _ = keys(name)
	seal, err := client.SealedByStore(w.t.Context(), p.store)
	if err != nil {
		w.t.Fatal(err)
	}
	p.seal = seal
	if p.Client, err = client.SignUp(w.t.Context(), w.config(p.store), p.seal, account(name), p.login); err != nil {
		w.t.Fatal(err)
	}
	p.sync()
	return p
}

// kinds returns the kinds of p's records that hold what, each once.
func (p *person) kinds(what string) (kinds []string) {
	p.w.t.Helper()
	for after := ""; ; {
		records, err := p.store.List(p.w.t.Context(), "", after, 256)
		p.ok(err)
		for _, r := range records {
			kind, _, _ := strings.Cut(r.Key, "/")
			if bytes.Contains(r.Value, []byte(what)) && !slices.Contains(kinds, kind) {
				kinds = append(kinds, kind)
			}
			after = r.Key
		}
		if len(records) == 0 {
			return kinds
		}
	}
}

// reportables returns the texts of what p can report of a room.
func (p *person) reportables(room identity.Room) (texts []string) {
	p.w.t.Helper()
	all, err := p.Reportables(p.w.t.Context(), room, 1000)
	p.ok(err)
	for _, r := range all {
		if r.Kind == client.KindText || r.Kind == client.KindEdit {
			texts = append(texts, r.Text)
		}
	}
	return texts
}

// verdict returns what the desk says of a report of all that p can report of a room
// about somebody.
func (p *person) verdict(room identity.Room, about *person) *report.Verdict {
	p.w.t.Helper()
	ctx := p.w.t.Context()
	all, err := p.Reportables(ctx, room, 1000)
	p.ok(err)
	var seqs []uint64
	for _, r := range all {
		seqs = append(seqs, r.Seq)
	}
	items, err := p.EvidenceItems(ctx, room, seqs)
	p.ok(err)
	r := &report.Report{
		Version: 1, ID: make([]byte, report.IDSize), Domain: domain, Reporter: p.Account(), Reported: about.Account(),
		Room: room, Category: "harassment", AtMS: 1, Items: items,
	}
	for _, q := range []*person{p, about} {
		lists, err := client.CallAs[wire.DeviceLists](ctx, p.Client, wire.OpDeviceLists, wire.DeviceListsRequest{Account: q.Account(), From: 1})
		p.ok(err)
		r.Lists = append(r.Lists, report.Lists{Account: q.Account(), Lists: lists.Lists})
	}
	return report.Verify(r, report.Keys{Domain: domain, Franking: []franking.Key{{Key: hubKey().Public()}}})
}

// What a report needs is there for every message, own ones too, and proves it to who
// has the platform's public key alone; also in an epoch that has ended.
func TestEvidenceProves(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	w.signUp("carol")
	room, err := alice.Start(ctx, client.Opening{Names: []string{"bob"}, Group: true})
	alice.ok(err)
	say := func(p *person, text string) {
		_, err := p.Send(ctx, room, text)
		p.ok(err)
	}
	say(alice, "hello")
	bob.sync()
	say(bob, "an insult")
	alice.sync()
	alice.ok(alice.AddMembers(ctx, room, []string{"carol"}))
	bob.sync()
	say(bob, "another one")
	alice.sync()
	say(alice, "stop that")
	alice.sync()
	bob.sync()
	for _, c := range []struct{ by, about *person }{{alice, bob}, {bob, alice}} {
		if got := c.by.reportables(room); !slices.Equal(got, []string{"hello", "an insult", "another one", "stop that"}) {
			t.Errorf("%s can report %q", c.by.Account(), got)
		}
		c.by.restart()
		v := c.by.verdict(room, c.about)
		if v.Grade != report.Signed || len(v.Items) < 4 {
			t.Errorf("%s's report: %s, %s, %d items", c.by.Account(), v.Grade, v.Why, len(v.Items))
		}
		for _, item := range v.Items {
			for _, step := range item.Steps {
				if step.Result != report.OK {
					t.Errorf("%s's report of %s: %+v", c.by.Account(), item.Sender, step)
				}
			}
		}
	}
}

// An edit, an unsend, a look at what can be seen once, and the end of a message's time
// take it out of the store, but for the evidence: that stays for its time, and then
// goes.
func TestEvidenceStays(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.open("alice"), w.open("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	room := bob.room().Room
	send := func(text string) client.MessageID {
		id, err := bob.Send(ctx, room, text)
		bob.ok(err)
		return id
	}
	edited, unsent, twice := send("edited-1"), send("unsent-1"), send("twice-1")
	alice.sync()
	for _, text := range []string{"twice-2", "twice-3"} {
		_, err := bob.Edit(ctx, twice, text)
		bob.ok(err)
		alice.sync()
	}
	_, err := bob.Edit(ctx, edited, "edited-2")
	bob.ok(err)
	_, err = bob.Unsend(ctx, unsent)
	bob.ok(err)
	alice.timer(60)
	bob.sync()
	gone := send("expired-1")
	alice.sync()
	alice.ok(alice.MarkRead(ctx, room, 1<<40))
	w.clock.advance(2 * time.Minute)
	for _, p := range []*person{alice, bob} {
		p.sync()
		p.ok(p.Sweep(ctx))
		if _, err := p.Lookup(ctx, gone); err == nil {
			t.Errorf("%s still has what has disappeared", p.Account())
		}
		for _, text := range []string{"edited-1", "unsent-1", "twice-1", "twice-2", "expired-1"} {
			if got := p.kinds(text); !slices.Equal(got, []string{"evid"}) {
				t.Errorf("%s has %q in %q; want it in the evidence alone", p.Account(), text, got)
			}
		}
		want := []string{"start", "edited-1", "unsent-1", "twice-1", "twice-2", "twice-3", "edited-2", "expired-1"}
		if got := p.reportables(room); !slices.Equal(got, want) {
			t.Errorf("%s can report %q; want %q", p.Account(), got, want)
		}
	}
	if v := alice.verdict(room, bob); v.Grade != report.Signed {
		t.Errorf("the report: %s, %s", v.Grade, v.Why)
	}
	w.clock.advance(client.DefaultEvidence - time.Hour)
	alice.ok(alice.Sweep(ctx))
	if got := alice.reportables(room); len(got) != 8 {
		t.Errorf("before its time alice can report %q", got)
	}
	w.clock.advance(2 * time.Hour)
	for _, p := range []*person{alice, bob} {
		p.ok(p.Sweep(ctx))
		for _, text := range []string{"edited-1", "unsent-1", "twice-1", "twice-2", "expired-1"} {
			if got := p.kinds(text); len(got) != 0 {
				t.Errorf("after its time %s has %q in %q", p.Account(), text, got)
			}
		}
		if n, err := countUnder(ctx, p.store, "evid/"); err != nil || n != 0 {
			t.Errorf("%s keeps %d records of evidence, %v", p.Account(), n, err)
		}
		if got := p.reportables(room); len(got) != 0 {
			t.Errorf("after its time %s can report %q", p.Account(), got)
		}
	}
	if v, err := alice.Lookup(ctx, edited); err != nil || v.Text != "edited-2" {
		t.Errorf("Lookup = %v, %v; want the edit", v, err)
	}
}

func countUnder(ctx context.Context, s client.Store, prefix string) (int, error) {
	records, err := s.List(ctx, prefix, "", 1000)
	return len(records), err
}

// An edit that comes before what it edits leaves nothing of that, either.
func TestEditComesFirst(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.open("alice"), w.open("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	alice.sync()
	tp := alice.tapped()
	tp.onMessages(t, func(all []*wire.Envelope) {
		if len(all) > 1 {
			*all[0], *all[1] = *all[1], *all[0]
		}
	})
	id := bob.sendTo("first words", "alice")
	_, err := bob.Edit(ctx, id, "second words")
	bob.ok(err)
	alice.sync()
	tp.set(nil, nil)
	if v, err := alice.Lookup(ctx, id); err != nil || v.Text != "second words" || !v.Edited {
		t.Errorf("Lookup = %+v, %v", v, err)
	}
	if got := alice.kinds("first words"); !slices.Equal(got, []string{"evid"}) {
		t.Errorf("alice has it in %q", got)
	}
}

// The server says for how long evidence is kept, within bounds.
func TestEvidenceWindow(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	room := bob.room().Room
	for _, c := range []struct {
		says int64
		want time.Duration
	}{{0, client.DefaultEvidence}, {time.Hour.Milliseconds(), time.Hour}, {1 << 60, 180 * 24 * time.Hour}, {-5, client.DefaultEvidence}} {
		w.clock.advance(25 * time.Hour) // asked once a day
		tp := alice.tapped()
		tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
			if op != wire.OpInfo {
				return answer, nil
			}
			return change(t, answer, func(i *wire.Info) { i.EvidenceMS = c.says }), nil
		})
		alice.sync()
		if got, err := alice.EvidenceFor(ctx); err != nil || got != c.want {
			t.Errorf("the server says %d: %v, %v; want %v", c.says, got, err, c.want)
		}
		bob.sendTo("words", "alice")
		alice.sync()
		if got := alice.reportables(room); !slices.Contains(got, "words") {
			t.Errorf("alice can report %q", got)
		}
		if c.want == time.Hour {
			w.clock.advance(2*time.Hour + time.Minute)
			alice.ok(alice.Sweep(ctx))
			if got := alice.reportables(room); len(got) != 0 {
				t.Errorf("after an hour alice can report %q", got)
			}
		}
	}
}

// Evidence that was kept while the device's clock was ahead goes, too, and is there
// until then; also where the program goes on meanwhile.
func TestEvidenceOfAWrongClock(t *testing.T) {
	for _, restarts := range []bool{true, false} {
		w, ctx := newWorld(t), t.Context()
		alice, bob := w.signUp("alice"), w.signUp("bob")
		bob.sendTo("start", "alice")
		alice.want("start")
		room := alice.room().Room
		var ahead time.Duration
		alice.reopen(func(cfg *client.Config) {
			cfg.Now = func() time.Time { return w.clock.now().Add(ahead) }
		})
		bob.sendTo("words before", "alice")
		alice.sync()
		ahead = 400 * 24 * time.Hour
		for range 3 {
			bob.sendTo("words meanwhile", "alice")
		}
		alice.ok(alice.Pull(ctx))
		alice.ok(alice.Sweep(ctx))
		ahead = 0
		if restarts {
			alice.restart()
		}
		alice.ok(alice.Sweep(ctx))
		if got := alice.reportables(room); !slices.Contains(got, "words meanwhile") {
			t.Errorf("alice can report %q", got)
		}
		if v := alice.verdict(room, bob); v.Grade != report.Signed {
			t.Errorf("the report: %s, %s", v.Grade, v.Why)
		}
		w.clock.advance(client.DefaultEvidence + 2*time.Hour)
		alice.ok(alice.Sweep(ctx))
		if n, err := countUnder(ctx, alice.store, "evid/"); err != nil || n != 0 {
			t.Errorf("restarted %t: %d records of evidence are left, %v", restarts, n, err)
		}
	}
}

// What a device keeps as evidence is sealed as all else.
func TestEvidenceIsSealed(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	bob.sendTo("sealed words", "alice")
	alice.want("sealed words")
	if got := alice.kinds("sealed words"); len(got) != 0 {
		t.Errorf("alice has it in the clear in %q", got)
	}
	if n, err := countUnder(t.Context(), alice.store, "evid/"); err != nil || n < 2 {
		t.Errorf("%d records of evidence, %v", n, err)
	}
}

// A copy of an own message that isn't the one that was sent proves nothing.
func TestOwnEvidence(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("start", "bob")
	bob.want("start")
	alice.sync()
	room := alice.room().Room
	var other []byte
	tp := alice.tapped()
	tp.onMessages(t, func(all []*wire.Envelope) {
		for _, e := range all {
			if e.Sender == alice.Device() && other == nil {
				other = e.Message
				m := content.NewText(content.Extensions{Sender: alice.Account(), Room: room}, "other words")
				data, _, err := m.Encode()
				alice.ok(err)
				e.Message = retagged(t, e.Message, tagFor(data))
				stamp(t, hubKey(), e)
			}
		}
	})
	alice.sendTo("my words", "bob")
	alice.sync()
	tp.set(nil, nil)
	if got := alice.reportables(room); slices.Contains(got, "my words") {
		t.Errorf("alice can report %q", got)
	}
	if got := alice.refusals(); !slices.Equal(got, []string{"bad_tag"}) {
		t.Errorf("refusals: %q", got)
	}
	id := alice.sendTo("and more", "bob")
	alice.sync()
	if got := alice.reportables(room); !slices.Contains(got, "and more") {
		t.Errorf("alice can report %q", got)
	}
	if v, err := alice.Lookup(ctx, id); err != nil || v.State != client.StateSent {
		t.Errorf("Lookup = %v, %v", v, err)
	}
}
