package client_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"parley/client"
	"parley/content"
	"parley/franking"
	"parley/identity"
	"parley/mls/public"
	"parley/report"
	"parley/server"
	"parley/wire"
)

// A safetyDesk is the desk of a world's platform: it has the keys, and reaches the
// server as its operator does.
type safetyDesk struct {
	w     *world
	node  *server.Server // a node of its own on the server's store
	suite *public.Suite
	priv  public.HPKEPrivateKey
	sign  identity.PrivateKey
	key   *report.DeskKey
}

// openDesk publishes a desk's key.
func (w *world) openDesk() *safetyDesk {
	w.t.Helper()
	node, err := server.New(w.t.Context(), server.Config{
		Store: w.data, Domain: domain, Origins: []string{w.url}, Now: w.clock.now,
		Suites: []*public.Suite{public.XWing(public.SuiteXWing)},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	d := &safetyDesk{w: w, node: node, suite: public.XWing(public.SuiteXWing), sign: identity.GenerateKey()}
	priv, pub, err := d.suite.GenerateHPKEKey(nil)
	if err != nil {
		w.t.Fatal(err)
	}
	d.priv = priv
	d.key = &report.DeskKey{
		Version: 1, Domain: domain, Suite: d.suite.ID(), KEMKey: pub, SignKey: d.sign.Public(),
		NotAfterMS: uint64(time.Now().Add(24 * 365 * time.Hour).UnixMilli()),
	}
	d.put(d.key.Sign(d.sign, nil))
	return d
}

func (d *safetyDesk) put(statement []byte) {
	d.w.t.Helper()
	if err := d.node.PutDeskKey(d.w.t.Context(), statement); err != nil {
		d.w.t.Fatal(err)
	}
}

// queued returns what the server holds for the desk.
func (d *safetyDesk) queued() []server.QueuedReport {
	d.w.t.Helper()
	all, _, err := d.node.QueuedReports(d.w.t.Context(), 0, 100, 1<<30)
	if err != nil {
		d.w.t.Fatal(err)
	}
	return all
}

// one opens the only report that waits.
func (d *safetyDesk) one() *report.Report {
	d.w.t.Helper()
	all := d.queued()
	if len(all) != 1 || all[0].Kind != wire.ReportReport {
		d.w.t.Fatalf("%d reports wait; want 1", len(all))
	}
	body, err := report.Open(d.suite, d.key, d.priv, report.KindReport, all[0].Sealed)
	if err != nil {
		d.w.t.Fatal(err)
	}
	r, err := report.Decode(body)
	if err != nil {
		d.w.t.Fatal(err)
	}
	if r.Reporter != all[0].Account {
		d.w.t.Fatalf("the report says it is by %s, the server %s", r.Reporter, all[0].Account)
	}
	return r
}

func (d *safetyDesk) keys() report.Keys {
	return report.Keys{Domain: domain, Franking: []franking.Key{{Key: hubKey().Public()}}}
}

// said is what the items of r say.
func said(t *testing.T, r *report.Report) (out []string) {
	t.Helper()
	for _, item := range r.Items {
		m, _, err := content.Decode(item.ApplicationData)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m.Summary().Text)
	}
	return out
}

// An ear records what reaches the server.
type ear struct {
	mu  sync.Mutex // guards all
	all []heardCall
}

type heardCall struct {
	op   string
	body []byte
}

// listen begins to record.
func (w *world) listen() *ear {
	r := new(ear)
	w.wrap = func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			body, _ := io.ReadAll(req.Body)
			req.Body = io.NopCloser(bytes.NewReader(body))
			r.mu.Lock()
			r.all = append(r.all, heardCall{strings.TrimPrefix(req.URL.Path, wire.PathPrefix), body})
			r.mu.Unlock()
			h.ServeHTTP(rw, req)
		})
	}
	return r
}

// harassed is Bob, who has written to Alice, and what she chooses of it.
func harassed(t *testing.T) (w *world, d *safetyDesk, alice, bob *person, ids []client.MessageID) {
	w = newWorld(t)
	d = w.openDesk()
	alice, bob = w.signUp("alice"), w.signUp("bob")
	ids = append(ids, bob.sendTo("good morning", "alice"))
	alice.sync()
	alice.sendTo("a secret of mine", "bob")
	for _, text := range []string{"you are a fool", "and so is your dog"} {
		ids = append(ids, bob.sendTo(text, "alice"))
	}
	alice.sync()
	return w, d, alice, bob, ids
}

// TestReportDiscloses decodes everything that leaves the device with a report: what
// was chosen, what the preview showed, and nothing else.
func TestReportDiscloses(t *testing.T) {
	w, d, alice, bob, ids := harassed(t)
	ctx := t.Context()
	draft := client.ReportDraft{Room: alice.room().Room, Messages: ids[1:2], Category: report.Harassment, Note: "He insults me."}
	heard := w.listen()
	p, err := alice.PreviewReport(ctx, draft)
	if err != nil {
		t.Fatal(err)
	}
	if len(heard.all) != 0 {
		t.Errorf("a preview asked the server for %q", heard.all[0].op)
	}
	if err := alice.SendReport(ctx, draft); err != nil {
		t.Fatal(err)
	}
	var ops []string
	for _, c := range heard.all {
		ops = append(ops, c.op)
		if c.op == string(wire.OpInfo) || c.op == string(wire.OpReport) {
			continue
		}
		if bytes.Contains(c.body, []byte(bob.Account())) {
			t.Errorf("%s names who is reported", c.op)
		}
	}
	if want := []string{"info", "report"}; !slices.Equal(ops, want) {
		t.Errorf("it asked for %q; want %q", ops, want)
	}
	r := d.one()
	if got := said(t, r); !slices.Equal(got, []string{"you are a fool"}) {
		t.Errorf("the report holds %q", got)
	}
	body, _ := r.Encode()
	for _, secret := range []string{"a secret of mine", "good morning", "and so is your dog"} {
		if bytes.Contains(body, []byte(secret)) {
			t.Errorf("the report holds %q, which wasn't chosen", secret)
		}
	}
	samePreview(t, p, r)
	for _, c := range heard.all {
		for _, said := range []string{"are a fool", "insults", string(bob.Account()), "harassment"} {
			if bytes.Contains(c.body, []byte(said)) {
				t.Errorf("%s holds %q in clear", c.op, said)
			}
		}
	}
	v := report.Verify(r, d.keys())
	if v.Grade != report.Signed {
		t.Errorf("grade = %q: %s", v.Grade, v.Why)
	}
}

// samePreview checks that what was shown is what is in the report.
func samePreview(t *testing.T, p *client.ReportPreview, r *report.Report) {
	t.Helper()
	if p.Desk != r.Domain || p.About != r.Reported || p.Reporter != r.Reporter || p.Room != r.Room || len(p.Messages) != len(r.Items) {
		t.Errorf("the preview %+v isn't of the report", p)
	}
	for i, text := range said(t, r) {
		if p.Messages[i].Text != text {
			t.Errorf("the preview's message %d is %q, the report's %q", i, p.Messages[i].Text, text)
		}
	}
	var lists []identity.Account
	for _, l := range r.Lists {
		lists = append(lists, l.Account)
	}
	if !slices.Equal(p.Lists, lists) || p.Signed != len(r.Items) {
		t.Errorf("the preview tells of %v and %d, the report has %v and %d", p.Lists, p.Signed, lists, len(r.Items))
	}
	if r.Note != "He insults me." || r.Category != report.Harassment {
		t.Errorf("note and category are %q and %q", r.Note, r.Category)
	}
}

// TestReportWhole: a request is reported as a whole, and its person blocked in the
// same moment.
func TestReportWhole(t *testing.T) {
	_, d, alice, bob, _ := harassed(t)
	draft := client.ReportDraft{Room: alice.room().Room, Whole: true, Category: report.Scam, Block: true}
	if err := alice.SendReport(t.Context(), draft); err != nil {
		t.Fatal(err)
	}
	r := d.one()
	want := []string{"good morning", "a secret of mine", "you are a fool", "and so is your dog"}
	if got := said(t, r); !slices.Equal(got, want) {
		t.Errorf("the report holds %q; want %q", got, want)
	}
	if v := report.Verify(r, d.keys()); v.Grade != report.Signed || r.Reported != bob.Account() {
		t.Errorf("grade = %q about %s: %s", v.Grade, r.Reported, v.Why)
	}
	blocked, err := alice.Blocked(t.Context())
	if err != nil || len(blocked) != 1 || blocked[0].Account != bob.Account() {
		t.Errorf("blocked are %v, %v", blocked, err)
	}
	var refused *wire.Error
	if _, err := bob.SendTo(t.Context(), []string{"alice"}, "hello?"); !errors.As(err, &refused) || refused.Code != wire.CodeNotAccepting {
		t.Errorf("bob, who is blocked, sends: %v", err)
	}
}

// TestReportWholeOfMuch: of a conversation that is more than a report holds the newest
// messages leave, and what was said first of those that were edited; who chose too
// many is told.
func TestReportWholeOfMuch(t *testing.T) {
	_, d, alice, bob, ids := harassed(t)
	ctx := t.Context()
	for n := range 40 {
		ids = append(ids, bob.sendTo(strings.Repeat(string(rune('a'+n%26)), 30_000), "alice"))
	}
	alice.sync()
	draft := client.ReportDraft{Room: alice.room().Room, Whole: true, Category: report.Harassment, Note: strings.Repeat("x", report.MaxNote)}
	p, err := alice.PreviewReport(ctx, draft)
	if err != nil || len(p.Messages)+p.Missing != len(ids)+1 {
		t.Fatalf("preview: %d messages, %d stay: %v; want %d", len(p.Messages), p.Missing, err, len(ids)+1)
	}
	if err := alice.SendReport(ctx, draft); err != nil {
		t.Fatal(err)
	}
	r := d.one()
	got := said(t, r)
	if len(got) != len(p.Messages) || len(got) < 20 || got[len(got)-1][0] != 'n' {
		t.Errorf("%d messages left, the last one %.10q", len(got), got[len(got)-1])
	}
	if v := report.Verify(r, d.keys()); v.Grade != report.Attested || len(v.Gaps) != 0 {
		t.Errorf("grade = %q with gaps %v: %s", v.Grade, v.Gaps, v.Why)
	}
	draft.Whole, draft.Messages = false, ids
	if _, err := alice.PreviewReport(ctx, draft); !errors.Is(err, client.ErrTooMuch) {
		t.Errorf("chosen: %v; want ErrTooMuch", err)
	}
}

// TestReportWithoutOwnProfile: what a person says of itself to everyone isn't part of
// what it reports.
func TestReportWithoutOwnProfile(t *testing.T) {
	_, d, alice, _, _ := harassed(t)
	ctx := t.Context()
	if err := alice.SetProfile(ctx, content.Profile{Display: "Alice of Wonderland"}); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	draft := client.ReportDraft{Room: alice.room().Room, Whole: true, Category: report.Scam}
	if err := alice.SendReport(ctx, draft); err != nil {
		t.Fatal(err)
	}
	if body, _ := d.one().Encode(); bytes.Contains(body, []byte("Wonderland")) {
		t.Error("the report holds the reporter's profile")
	}
}

// TestEvidenceOutlives: what was edited, taken back or has disappeared can be reported
// all the same, with all of its versions.
func TestEvidenceOutlives(t *testing.T) {
	w, d, alice, bob, ids := harassed(t)
	ctx := t.Context()
	if _, err := bob.Edit(ctx, ids[1], "you are a friend"); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Unsend(ctx, ids[2]); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	seconds := uint32(60)
	if err := bob.SetRoomInfo(ctx, bob.room().Room, content.RoomSettings{TimerS: &seconds}); err != nil {
		t.Fatal(err)
	}
	gone := bob.sendTo("soon gone", "alice")
	alice.sync()
	alice.read()
	w.clock.advance(time.Hour)
	alice.sync()
	draft := client.ReportDraft{Room: alice.room().Room, Messages: []client.MessageID{ids[1], ids[2], gone}, Category: report.Harassment}
	if err := alice.SendReport(ctx, draft); err != nil {
		t.Fatal(err)
	}
	r := d.one()
	want := []string{"you are a fool", "and so is your dog", "you are a friend", "", "soon gone"}
	if got := said(t, r); !slices.Equal(got, want) {
		t.Errorf("the report holds %q; want %q", got, want)
	}
	if v := report.Verify(r, d.keys()); v.Grade != report.Signed {
		t.Errorf("grade = %q: %s", v.Grade, v.Why)
	}
	// What comes between the look and the sending doesn't leave.
	first := ids[1:2]
	seen, err := alice.PreviewReport(ctx, client.ReportDraft{Room: draft.Room, Messages: first, Category: report.Scam})
	if err != nil || len(seen.Messages) != 2 {
		t.Fatalf("preview: %v", err)
	}
	if _, err := bob.Edit(ctx, ids[1], "I never said that"); err != nil {
		t.Fatal(err)
	}
	alice.sync()
	exact := client.ReportDraft{Room: draft.Room, Messages: first, Category: report.Scam, Exact: true}
	exact.Messages = []client.MessageID{seen.Messages[0].ID, seen.Messages[1].ID}
	if p, err := alice.PreviewReport(ctx, exact); err != nil || len(p.Messages) != 2 {
		t.Errorf("exactly what was seen: %v, %v", p, err)
	}
	// After the window it can't, and the preview says so.
	w.clock.advance(15 * 24 * time.Hour)
	alice.restart()
	for range 3 {
		alice.sync()
		if err := alice.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	p, err := alice.PreviewReport(ctx, draft)
	if err != nil || len(p.Messages) != 0 || p.Missing != 3 {
		t.Errorf("after the window: %+v, %v; want 3 missing", p, err)
	}
}

// TestReportViewOnce: what was to be viewed once, and was, can be reported with what
// opens it.
func TestReportViewOnce(t *testing.T) {
	w, alice, bob, room := showing(t)
	d, ctx := w.openDesk(), t.Context()
	once := alice.post(client.Outgoing{Attachments: []client.Attachment{photo(2)}, ViewOnce: true})
	bob.sync()
	if err := bob.OpenOnce(ctx, once); err != nil {
		t.Fatal(err)
	}
	v, err := bob.Lookup(ctx, once)
	if err != nil || v.Media == nil || slices.ContainsFunc(v.Media.Attachments, func(a client.Attachment) bool { return a.Key == photo(2).Key }) {
		t.Fatalf("it was viewed, and can be still: %v", err)
	}
	w.stop() // its node hears of the desk after a while
	w.start()
	draft := client.ReportDraft{Room: room, Messages: []client.MessageID{once}, Category: report.SexualContent}
	if err := bob.SendReport(ctx, draft); err != nil {
		t.Fatal(err)
	}
	r := d.one()
	if v := report.Verify(r, d.keys()); v.Grade != report.Signed || len(r.Items) != 1 {
		t.Fatalf("grade = %q of %d items: %s", v.Grade, len(r.Items), v.Why)
	}
	key := photo(2).Key
	if !bytes.Contains(r.Items[0].ApplicationData, key[:]) {
		t.Error("the desk can't open what was viewed")
	}
}

// TestReportSurvives: a report that is kept leaves after the process has ended, once,
// though the answer was lost.
func TestReportSurvives(t *testing.T) {
	w, d, alice, _, ids := harassed(t)
	w.stop()
	draft := client.ReportDraft{Room: alice.room().Room, Messages: ids[1:], Category: report.Harassment}
	if err := alice.SendReport(t.Context(), draft); !errors.Is(err, client.ErrQueued) || !errors.Is(err, client.ErrOffline) {
		t.Fatalf("without a server: %v; want ErrQueued and ErrOffline", err)
	}
	asked := 0
	w.wrap = func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
			if !strings.HasSuffix(req.URL.Path, "/report") {
				h.ServeHTTP(rw, req)
				return
			}
			if asked++; asked > 1 {
				h.ServeHTTP(rw, req)
				return
			}
			h.ServeHTTP(&nowhere{rw.Header()}, req) // the server has it, and the answer is lost
			panic(http.ErrAbortHandler)
		})
	}
	w.start()
	alice.restart()
	_ = alice.Sync(t.Context())
	alice.restart()
	alice.sync()
	states(t, alice, client.ReportSent)
	if asked < 2 {
		t.Errorf("the report was sent %d times, and the first answer was lost", asked)
	}
	if got := said(t, d.one()); len(got) != 2 {
		t.Errorf("the report holds %q", got)
	}
}

// nowhere is an answer that is lost.
type nowhere struct{ h http.Header }

func (n *nowhere) Header() http.Header         { return n.h }
func (n *nowhere) Write(b []byte) (int, error) { return len(b), nil }
func (n *nowhere) WriteHeader(int)             {}

// states checks how far the reports of p are.
func states(t *testing.T, p *person, want ...client.ReportState) {
	t.Helper()
	all, err := p.Reports(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var got []client.ReportState
	for _, r := range all {
		got = append(got, r.State)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the reports are %v; want %v", got, want)
	}
}

// TestAnotherDesk: a server that shows another desk's key gets no report sealed to it.
func TestAnotherDesk(t *testing.T) {
	w, d, alice, _, ids := harassed(t)
	other := *d.key
	sign := identity.GenerateKey()
	other.SignKey = sign.Public()
	w.stop()
	d.put(other.Sign(sign, nil))
	w.start()
	draft := client.ReportDraft{Room: alice.room().Room, Messages: ids[1:], Category: report.Harassment}
	if err := alice.SendReport(t.Context(), draft); !errors.Is(err, client.ErrQueued) || !errors.Is(err, report.ErrDeskChanged) {
		t.Errorf("SendReport: %v; want ErrQueued and ErrDeskChanged", err)
	}
	if n := len(d.queued()); n != 0 {
		t.Errorf("%d reports were sent", n)
	}
	heard := w.listen() // whoever is reported could have it tried again with each message
	w.stop()
	w.start()
	for range 3 {
		alice.Chores(t.Context())
	}
	for _, c := range heard.all {
		if c.op == string(wire.OpInfo) || c.op == string(wire.OpReport) {
			t.Errorf("it is tried again with what comes: %s", c.op)
		}
	}
	// The one that was pinned vouches for it: then it leaves.
	other.Previous = d.key.SignKey[:]
	w.stop()
	d.put(other.Sign(sign, &d.sign))
	w.start()
	alice.sync()
	states(t, alice, client.ReportSent)
}

// TestReportOfListsThatCameLate: a home that was made before lists were kept gets them
// whole. A server that shows others than those that led to the pinned one weakens a
// report for as long as it does so, and doesn't spoil it.
func TestReportOfListsThatCameLate(t *testing.T) {
	_, d, alice, bob, _ := harassed(t)
	ctx := t.Context()
	for range 3 {
		bob.secondDevice()
	}
	id := bob.sendTo("a threat", "alice")
	alice.sync()
	alice.ok(alice.DropLists(ctx, bob.Account()))
	signed := func() int {
		t.Helper()
		if _, err := alice.SafetyNumber(ctx, "bob"); err != nil { // which asks for lists
			t.Fatal(err)
		}
		p, err := alice.PreviewReport(ctx, client.ReportDraft{Room: alice.room().Room, Messages: []client.MessageID{id}, Category: report.Scam})
		if err != nil {
			t.Fatal(err)
		}
		return p.Signed
	}
	tp := alice.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpDeviceLists {
			return answer, nil
		}
		return change(t, answer, func(l *wire.DeviceLists) {
			if len(l.Lists) == 4 {
				l.Lists[0].Signature[3] ^= 1
			}
		}), nil
	})
	if n := signed(); n != 0 {
		t.Errorf("with another first list %d messages are signed; want none", n)
	}
	tp.set(nil, nil)
	if n := signed(); n != 1 {
		t.Errorf("with all lists %d messages are signed; want 1", n)
	}
	alice.ok(alice.SendReport(ctx, client.ReportDraft{Room: alice.room().Room, Messages: []client.MessageID{id}, Category: report.Scam}))
	if v := report.Verify(d.one(), d.keys()); v.Grade != report.Signed {
		t.Errorf("grade = %q: %s", v.Grade, v.Why)
	}
}

// TestDeskAway: a server that names no desk any more makes no report go; one that
// isn't taken for as long as there would be evidence is given up, and what was to leave
// is deleted.
func TestDeskAway(t *testing.T) {
	w, d, alice, _, ids := harassed(t)
	ctx := t.Context()
	away := true
	tp := alice.tapped()
	tp.set(nil, func(op wire.Operation, _, answer []byte) ([]byte, error) {
		if op != wire.OpInfo || !away {
			return answer, nil
		}
		return change(t, answer, func(i *wire.Info) { i.Desk = nil }), nil
	})
	draft := client.ReportDraft{Room: alice.room().Room, Messages: ids[1:], Category: report.Harassment}
	for range 2 {
		if err := alice.SendReport(ctx, draft); !errors.Is(err, client.ErrQueued) || !errors.Is(err, client.ErrDeskAway) {
			t.Fatalf("SendReport: %v; want ErrQueued and ErrDeskAway", err)
		}
	}
	states(t, alice, client.ReportWaits, client.ReportWaits)
	away = false
	alice.sync()
	states(t, alice, client.ReportSent, client.ReportSent)
	if n := len(d.queued()); n != 2 {
		t.Errorf("%d reports were sent; want 2", n)
	}
	away = true
	if err := alice.SendReport(ctx, draft); !errors.Is(err, client.ErrQueued) {
		t.Fatalf("SendReport: %v; want ErrQueued", err)
	}
	w.clock.advance(15 * 24 * time.Hour)
	_ = alice.Sync(ctx)
	states(t, alice, client.ReportSent, client.ReportSent, client.ReportRefused)
	away = false
	_ = alice.Sync(ctx)
	if n := len(d.queued()); n != 2 {
		t.Errorf("what was given up was sent: there are %d", n)
	}
}

func TestNoDesk(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	id := bob.sendTo("hello", "alice")
	alice.sync()
	draft := client.ReportDraft{Room: alice.room().Room, Messages: []client.MessageID{id}, Category: report.Other}
	if err := alice.SendReport(t.Context(), draft); !errors.Is(err, client.ErrNoDesk) {
		t.Errorf("SendReport: %v; want ErrNoDesk", err)
	}
	if has, err := alice.HasDesk(t.Context()); err != nil || has {
		t.Errorf("HasDesk = %v, %v", has, err)
	}
}

// TestReportRefused: what can't be reported so.
func TestReportRefused(t *testing.T) {
	_, _, alice, _, ids := harassed(t)
	room := alice.room().Room
	for name, d := range map[string]client.ReportDraft{
		"no category":   {Room: room, Messages: ids},
		"a long note":   {Room: room, Messages: ids, Category: report.Scam, Note: strings.Repeat("x", report.MaxNote+1)},
		"oneself":       {Room: room, Messages: ids, Category: report.Scam, About: alice.Account()},
		"no account":    {Room: room, Messages: ids, Category: report.Scam, About: "bob"},
		"no such room":  {Room: identity.RandomRoom(domain), Category: report.Scam, About: account("bob")},
		"no room's URI": {Room: "x", Category: report.Scam, About: account("bob")},
	} {
		if _, err := alice.PreviewReport(t.Context(), d); err == nil {
			t.Errorf("%s: it was taken", name)
		}
	}
}
