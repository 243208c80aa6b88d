package client_test

import (
	"testing"

	"parley/identity"
)

// veiled returns whether what others send in a room is covered on this device.
func (p *person) veiled(room identity.Room) bool {
	p.w.t.Helper()
	r, err := p.Room(p.w.t.Context(), room)
	p.ok(err)
	return r.Veiled
}

// wantVeiled syncs p and compares what it covers.
func (p *person) wantVeiled(room identity.Room, want bool, when string) {
	p.w.t.Helper()
	p.sync()
	if got := p.veiled(room); got != want {
		p.w.t.Errorf("%s, on %s: veiled %v; want %v", when, p.Device(), got, want)
	}
}

// What somebody new sends is covered on each device of who accepted them, whichever that
// was and whenever it came, until it is wanted on one of them, for good.
func TestVeilOnAllDevices(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob := w.signUp("alice"), w.signUp("bob")
	phone := alice.secondDevice()
	bob.sendTo("hello", "alice")
	alice.sync()
	room := alice.direct("bob")
	for _, p := range []*person{alice, phone} {
		p.wantVeiled(room, true, "a request")
	}
	alice.ok(alice.Accept(ctx, room))
	alice.sync()
	tablet := alice.secondDevice()
	alice.sync()
	for _, p := range []*person{alice, phone, tablet} {
		p.wantVeiled(room, true, "accepted")
	}
	alice.restart()
	alice.wantVeiled(room, true, "started again")
	phone.ok(phone.SetVeiled(ctx, room, false))
	phone.sync()
	for _, p := range []*person{alice, phone, tablet} {
		p.wantVeiled(room, false, "wanted on the phone")
	}
	bob.wantVeiled(room, false, "who began it")
}

// Whoever answers wants to see what comes; a reaction is no answer.
func TestAnswerUnveils(t *testing.T) {
	w, ctx := sorting(t), t.Context()
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	phone := alice.secondDevice()
	hello := bob.sendTo("hello", "alice")
	carol.sendTo("hello", "alice")
	alice.sync()
	room, other := alice.direct("bob"), alice.direct("carol")
	alice.ok(alice.Accept(ctx, room))
	_, err := alice.React(ctx, hello, "👋")
	alice.ok(err)
	alice.wantVeiled(room, true, "a reaction")
	_, err = alice.Send(ctx, room, "hi")
	alice.ok(err)
	phone.sync()
	for _, p := range []*person{alice, phone} {
		p.wantVeiled(room, false, "answered")
	}
	_, err = alice.Send(ctx, other, "hi") // it is accepted by that
	alice.ok(err)
	for _, p := range []*person{alice, phone} {
		p.wantVeiled(other, false, "accepted by an answer")
	}
}
