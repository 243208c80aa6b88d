package client_test

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"parley/client"
	"parley/client/memstore"
	"parley/content"
	"parley/identity"
	"parley/wire"
)

// An added is a world in which alice has a room with each of some people when her laptop
// is added, which hears nothing of them from her phone before that sends again.
type added struct {
	*world
	phone, laptop          *person
	bob, carol, dave       *person
	request, known, asking identity.Room // bob's, accepted and covered; carol's, answered; dave's, a request

	mu    sync.Mutex      // guards shown
	shown []identity.Room // that were told to change on the laptop
}

func newAdded(t *testing.T) *added {
	a := &added{world: sorting(t)}
	a.phone, a.bob, a.carol, a.dave = a.signUp("alice"), a.signUp("bob"), a.signUp("carol"), a.signUp("dave")
	a.bob.sendTo("hello", "alice")
	a.carol.sendTo("hello", "alice")
	a.dave.sendTo("hello", "alice")
	a.phone.sync()
	a.request, a.known, a.asking = a.phone.direct("bob"), a.phone.direct("carol"), a.phone.direct("dave")
	a.phone.ok(a.phone.Accept(t.Context(), a.request))
	_, err := a.phone.Send(t.Context(), a.known, "hi")
	a.phone.ok(err)
	a.phone.sync()
	a.bob.sync()
	a.laptop = a.add()
	return a
}

// add adds a device that alice's phone approves, and then sends nothing.
func (a *added) add() *person {
	a.t.Helper()
	ctx := a.t.Context()
	p := &person{w: a.world, store: memstore.New(), login: a.phone.login, seal: a.phone.seal}
	cfg := a.config(p.store)
	cfg.Changed = func(what client.Touched) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.shown = append(a.shown, what.Rooms...)
	}
	c, err := client.Enroll(ctx, cfg, p.seal, a.phone.Account(), p.login)
	a.phone.ok(err)
	p.Client = c
	a.silent(func() { a.phone.ok(a.phone.Approve(ctx, c.Code())) })
	p.ok(c.AwaitApproval(ctx))
	p.sync()
	return p
}

// silent runs do while nobody can send.
func (a *added) silent(do func()) {
	before := a.wrap
	var on atomic.Bool
	on.Store(true)
	a.wrap = func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if on.Load() && strings.HasSuffix(r.URL.Path, "/"+string(wire.OpSend)) {
				panic(http.ErrAbortHandler)
			}
			before(h).ServeHTTP(rw, r)
		})
	}
	do()
	on.Store(false)
}

// wasShown returns whether a room was told to change on the laptop since it was asked last.
func (a *added) wasShown(room identity.Room) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	defer func() { a.shown = nil }()
	return slices.Contains(a.shown, room)
}

// shows sends a post with a picture.
func (p *person) shows(room identity.Room) {
	p.w.t.Helper()
	p.sync()
	_, err := p.Post(p.w.t.Context(), room, client.Outgoing{Text: "https://films.example/1", Post: &content.Post{URL: "https://films.example/1", Title: "Film"}})
	p.ok(err)
}

// A device that was just added covers what comes until it has heard what its own other
// devices cover; then it covers that, and who shows it is told.
func TestAddedDeviceVeils(t *testing.T) {
	a := newAdded(t)
	a.bob.shows(a.request)
	a.carol.shows(a.known)
	for _, room := range []identity.Room{a.request, a.known, a.asking} {
		a.laptop.wantVeiled(room, true, "nothing heard")
	}
	a.wasShown(a.known)
	a.phone.sync()
	a.laptop.wantVeiled(a.request, true, "heard that it is covered")
	a.laptop.wantVeiled(a.known, false, "heard of all that is covered")
	a.laptop.wantVeiled(a.asking, true, "heard that it is a request")
	if !a.wasShown(a.known) {
		t.Error("nobody is told that a room isn't covered any more")
	}
	a.phone.wantVeiled(a.request, true, "where it was known")
	a.phone.wantVeiled(a.known, false, "where it was known")
	a.laptop.ok(a.laptop.SetVeiled(t.Context(), a.request, false))
	a.phone.wantVeiled(a.request, false, "wanted on the laptop")
}

// What is covered because nothing was heard is uncovered by hand, by an answer and in a
// room that is opened here; that holds on all devices, and when the device starts again.
func TestAddedDeviceUnveils(t *testing.T) {
	a, ctx := newAdded(t), t.Context()
	erin := a.signUp("erin")
	a.laptop.restart()
	a.laptop.wantVeiled(a.known, true, "started again")
	a.laptop.ok(a.laptop.SetVeiled(ctx, a.known, false))
	_, err := a.laptop.Send(ctx, a.request, "hi")
	a.laptop.ok(err)
	opened, err := a.laptop.Start(ctx, client.Opening{Names: []string{"erin"}})
	a.laptop.ok(err)
	a.laptop.sync()
	a.laptop.restart()
	erin.sync()
	for _, room := range []identity.Room{a.known, a.request, opened} {
		a.laptop.wantVeiled(room, false, "wanted here")
		a.phone.wantVeiled(room, false, "wanted on the laptop")
	}
	a.laptop.wantVeiled(a.known, false, "heard")
}

// Where nobody is left who could tell, what is covered stays so until it is wanted; of
// what comes later the device decides.
func TestAddedDeviceStaysAlone(t *testing.T) {
	a, ctx := newAdded(t), t.Context()
	a.laptop.ok(a.laptop.RemoveDevice(ctx, a.phone.Device().ID()))
	for _, room := range []identity.Room{a.request, a.known} {
		a.laptop.wantVeiled(room, true, "nobody tells")
	}
	a.laptop.ok(a.laptop.SetVeiled(ctx, a.known, false))
	a.laptop.wantVeiled(a.known, false, "wanted")
	_, err := a.laptop.Start(ctx, client.Opening{Names: []string{"carol"}, Group: true, Title: "We"}) // who is wanted by that
	a.laptop.ok(err)
	a.carol.sync()
	group, err := a.carol.Start(ctx, client.Opening{Names: []string{"alice", "bob"}, Group: true, Title: "Us"})
	a.carol.ok(err)
	a.laptop.wantVeiled(group, false, "of somebody who is known")
}

// Of who was added by a device that hasn't heard itself, that one can't say that it has.
func TestAddedByUnheard(t *testing.T) {
	a := newAdded(t)
	tablet := a.laptop.secondDevice()
	a.laptop.sync()
	for _, p := range []*person{a.laptop, tablet} {
		p.wantVeiled(a.known, true, "nothing heard")
	}
	for range 3 { // the phone tells the one, which tells the other
		a.phone.sync()
		a.laptop.sync()
		tablet.sync()
	}
	for _, p := range []*person{a.laptop, tablet} {
		p.wantVeiled(a.known, false, "heard")
		p.wantVeiled(a.request, true, "heard")
	}
}
