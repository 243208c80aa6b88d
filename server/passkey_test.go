package server_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/server/memstore"
	"parley/server/passkeys"
	"parley/server/passkeys/passkeytest"
	"parley/wire"
)

// withPasskeys has a world take them.
func withPasskeys(c *server.Config) {
	v, err := passkeys.New(passkeys.Config{Origins: c.Origins, Parents: []string{"https://video.example.com"}})
	if err != nil {
		panic(err)
	}
	c.Passkeys = v
}

func newAuthenticator() *passkeytest.Authenticator {
	return &passkeytest.Authenticator{Origin: origin, Step: 1}
}

// options asks for options without a session.
func (d *device) options(use wire.PasskeyUse) []byte {
	d.w.t.Helper()
	o, err := d.w.PasskeyOptions(d.w.t.Context(), d.session, &wire.PasskeyOptionsRequest{Account: d.account, Use: use})
	if err != nil {
		d.w.t.Fatal(err)
	}
	return o.Options
}

// passkeyPerson signs an account up by a passkey.
func (w *world) passkeyPerson(name string, a *passkeytest.Authenticator) *device {
	w.t.Helper()
	d := w.newDevice(name)
	req := &wire.SignUpRequest{Passkey: d.create(a, wire.PasskeySignUp), List: d.first()}
	if _, err := w.SignUp(w.t.Context(), "addr", req); err != nil {
		w.t.Fatal(err)
	}
	d.open()
	return d
}

func (d *device) create(a *passkeytest.Authenticator, use wire.PasskeyUse) []byte {
	d.w.t.Helper()
	answer, err := a.Create(d.options(use))
	return must(d.w.t, answer, err)
}

func (d *device) get(a *passkeytest.Authenticator) []byte {
	d.w.t.Helper()
	answer, err := a.Get(d.options(wire.PasskeyLogin))
	return must(d.w.t, answer, err)
}

// enrollmentBy is an enrollment that a passkey's answer proves, or nothing.
func (d *device) enrollmentBy(answer []byte) *wire.EnrollRequest {
	req := d.enrollment()
	req.Login, req.Passkey = nil, answer
	return req
}

// TestPasskeySignUp: an account is made by a passkey; the same request succeeds
// again, another one finds the name taken; no passphrase fits.
func TestPasskeySignUp(t *testing.T) {
	w := newWorld(t, withPasskeys)
	ctx, a := t.Context(), newAuthenticator()
	alice := w.newDevice("alice")
	req := &wire.SignUpRequest{Passkey: alice.create(a, wire.PasskeySignUp), List: alice.first()}
	for range 2 {
		if _, err := w.SignUp(ctx, "a", req); err != nil {
			t.Fatal(err)
		}
	}
	other := w.newDevice("alice")
	_, err := w.SignUp(ctx, "a", &wire.SignUpRequest{Passkey: other.create(a, wire.PasskeySignUp), List: other.first()})
	refused(t, "the name again", err, wire.CodeNameTaken)
	_, err = w.SignUp(ctx, "a", &wire.SignUpRequest{Passkey: other.create(a, wire.PasskeySignUp), List: req.List})
	refused(t, "the same list with another passkey", err, wire.CodeNameTaken)
	_, err = w.Enroll(ctx, "a", alice.another0().enrollment())
	refused(t, "a passphrase of that account", err, wire.CodeWrongLogin)
	zeros := alice.another0().enrollment()
	zeros.Login = make([]byte, wire.LoginSize)
	_, err = w.Enroll(ctx, "a", zeros)
	refused(t, "a passphrase of nobody", err, wire.CodeWrongLogin)

	bob := w.newDevice("bob")
	_, err = w.SignUp(ctx, "a", &wire.SignUpRequest{Passkey: req.Passkey, List: bob.first()})
	refused(t, "another account with the same answer", err, wire.CodeBadPasskey)
	_, err = w.SignUp(ctx, "a", &wire.SignUpRequest{Passkey: bob.create(a, wire.PasskeySignUp), Login: bob.login, List: bob.first()})
	refused(t, "both", err, wire.CodeBadRequest)
}

// another0 returns a second device of d's account, without anything done for it.
func (d *device) another0() *device { return d.w.newDevice(d.account.Name()) }

// TestPasskeyEnroll: a passkey's answer adds a device, and is needed once.
func TestPasskeyEnroll(t *testing.T) {
	w := newWorld(t, withPasskeys)
	ctx, a := t.Context(), newAuthenticator()
	alice := w.passkeyPerson("alice", a)
	phone := alice.another0()
	req := phone.enrollmentBy(phone.get(a))
	for range 3 { // the answer is lost; the request is repeated
		if reply, err := w.Enroll(ctx, "a", req); err != nil || reply.Listed {
			t.Fatal(reply, err)
		}
	}
	req.Passkey = nil
	if reply, err := w.Enroll(ctx, "a", req); err != nil || reply.Listed {
		t.Fatal("without the answer, while it waits:", reply, err)
	}
	if err := alice.put(alice.next(identity.Add, alice, phone)); err != nil {
		t.Fatal(err)
	}
	if reply, err := w.Enroll(ctx, "a", req); err != nil || !reply.Listed {
		t.Fatal("once it is listed:", reply, err)
	}
	// A claim that waits no more needs a new answer.
	tablet := alice.another0()
	if _, err := w.Enroll(ctx, "a", tablet.enrollmentBy(nil)); err == nil {
		t.Error("a device asks without any proof")
	}
	late := tablet.enrollmentBy(tablet.get(a))
	if _, err := w.Enroll(ctx, "a", late); err != nil {
		t.Fatal(err)
	}
	w.pass(61 * time.Minute)
	_, err := w.Enroll(ctx, "a", late)
	refused(t, "an hour later", err, wire.CodeBadPasskey)
}

// TestPasskeyReset: one answer does for both steps of a reset by one device, and for
// nothing else.
func TestPasskeyReset(t *testing.T) {
	w := newWorld(t, withPasskeys)
	ctx, a := t.Context(), newAuthenticator()
	alice := w.passkeyPerson("alice", a)
	fresh := alice.another0()
	answer := fresh.get(a)
	reply, err := w.Reset(ctx, "a", &wire.ResetRequest{Passkey: answer, List: identity.SignedDeviceList{Signer: fresh.name}})
	if err != nil || len(reply.Lists) != 1 {
		t.Fatal(reply, err)
	}
	list := alice.next(identity.Reset, fresh)
	if _, err := w.Reset(ctx, "a", &wire.ResetRequest{Passkey: answer, List: list.Sign(fresh.name, fresh.key)}); err != nil {
		t.Fatal(err)
	}
	thief := alice.another0()
	_, err = w.Reset(ctx, "a", &wire.ResetRequest{Passkey: answer, List: identity.SignedDeviceList{Signer: thief.name}})
	refused(t, "another device with the same answer", err, wire.CodeBadPasskey)

	// The device that the reset puts out counts until the delay is over; to be added
	// again it needs a proof like any other.
	if _, err := w.Enroll(ctx, "a", alice.enrollmentBy(nil)); err == nil {
		t.Error("a device that was put out asks without any proof")
	}
	if reply, err := w.Enroll(ctx, "a", alice.enrollmentBy(alice.get(a))); err != nil || reply.Listed {
		t.Error("with one:", reply, err)
	}
}

// TestAddPasskey: an account of a passphrase gets passkeys, as many as there can be.
func TestAddPasskey(t *testing.T) {
	w := newWorld(t, withPasskeys)
	ctx, a := t.Context(), newAuthenticator()
	alice, bob := w.person("alice"), w.person("bob")
	add := alice.create(a, wire.PasskeyAdd)
	for range 2 {
		if _, err := w.AddPasskey(ctx, alice.name, &wire.AddPasskeyRequest{Passkey: add}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := a.Create(alice.options(wire.PasskeyAdd)); err != passkeytest.ErrNone {
		t.Errorf("a passkey that the authenticator has isn't excluded: %v", err)
	}
	if _, err := w.Enroll(ctx, "a", alice.another0().enrollmentBy(alice.get(a))); err != nil {
		t.Error("the passkey that was added:", err)
	}
	if _, err := w.Enroll(ctx, "a", alice.another0().enrollment()); err != nil {
		t.Error("the passphrase, which still counts:", err)
	}
	_, err := w.AddPasskey(ctx, bob.name, &wire.AddPasskeyRequest{Passkey: add})
	refused(t, "somebody else's answer", err, wire.CodeBadPasskey)
	_, err = w.AddPasskey(ctx, alice.name, &wire.AddPasskeyRequest{Passkey: alice.create(newAuthenticator(), wire.PasskeySignUp)})
	refused(t, "an answer for signing up", err, wire.CodeBadPasskey)
	_, err = w.PasskeyOptions(ctx, nil, &wire.PasskeyOptionsRequest{Account: alice.account, Use: wire.PasskeyAdd})
	refused(t, "options to add without a session", err, wire.CodeUnauthorized)
	_, err = w.PasskeyOptions(ctx, bob.session, &wire.PasskeyOptionsRequest{Account: alice.account, Use: wire.PasskeyAdd})
	refused(t, "options to add for another account", err, wire.CodeUnauthorized)
	for range wire.MaxPasskeys - 1 {
		if _, err := w.AddPasskey(ctx, alice.name, &wire.AddPasskeyRequest{Passkey: alice.create(newAuthenticator(), wire.PasskeyAdd)}); err != nil {
			t.Fatal(err)
		}
	}
	_, err = w.AddPasskey(ctx, alice.name, &wire.AddPasskeyRequest{Passkey: alice.create(newAuthenticator(), wire.PasskeyAdd)})
	refused(t, "one too many", err, wire.CodeForbidden)
}

// TestPasskeyAttacks: what isn't the account's own passkey, here and now, proves
// nothing.
func TestPasskeyAttacks(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte
		code   wire.Code
	}{
		{"another account's passkey", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte { return alice.get(b) }, wire.CodeBadPasskey},
		{"another account's challenge", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte { return bob.get(a) }, wire.CodeBadPasskey},
		{"another page", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			a.Origin = "https://example.org.evil.example"
			return alice.get(a)
		}, wire.CodeBadPasskey},
		{"another site", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			a.RPID = "evil.example"
			return alice.get(a)
		}, wire.CodeBadPasskey},
		{"a stranger's frame", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			a.TopOrigin = "https://evil.example"
			return alice.get(a)
		}, wire.CodeBadPasskey},
		{"an allowed parent's frame", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			a.TopOrigin = "https://video.example.com"
			return alice.get(a)
		}, ""},
		{"nobody was asked", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			a.Unverified = true
			return alice.get(a)
		}, wire.CodeBadPasskey},
		{"too late", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			answer := alice.get(a)
			w.pass(5 * time.Minute)
			return answer
		}, wire.CodeBadPasskey},
		{"in time", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			answer := alice.get(a)
			w.pass(5*time.Minute - time.Second)
			return answer
		}, ""},
		{"a copied authenticator", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			if _, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(alice.get(a))); err != nil {
				t.Fatal(err)
			}
			a.Count -= 1 // the copy doesn't know of that one
			return alice.get(a)
		}, wire.CodeBadPasskey},
		{"an answer that was used", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			answer := alice.get(a)
			if _, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(answer)); err != nil {
				t.Fatal(err)
			}
			return answer
		}, wire.CodeBadPasskey},
		{"a challenge of our own", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			answer, err := a.Get([]byte(`{"challenge": "` + strings.Repeat("A", 75) + `", "rpId": "example.org"}`))
			return must(t, answer, err)
		}, wire.CodeBadPasskey},
		{"a challenge for signing up", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			answer, err := a.Get(alice.options(wire.PasskeySignUp))
			return must(t, answer, err)
		}, wire.CodeBadPasskey},
		{"another signature", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			return bytes.Replace(alice.get(a), []byte(`"signature":"ME`), []byte(`"signature":"MF`), 1)
		}, wire.CodeBadPasskey},
		{"not an answer", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			return []byte(`{"response": 1}`)
		}, wire.CodeBadPasskey},
		{"deep nesting", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			return []byte(strings.Repeat("[", wire.MaxPasskey))
		}, wire.CodeBadPasskey},
		{"too large", func(w *world, alice, bob *device, a, b *passkeytest.Authenticator) []byte {
			return make([]byte, wire.MaxPasskey+1)
		}, wire.CodeTooLarge},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, withPasskeys)
			a, b := newAuthenticator(), newAuthenticator()
			alice, bob := w.passkeyPerson("alice", a), w.passkeyPerson("bob", b)
			answer := test.answer(w, alice, bob, a, b)
			_, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(answer))
			if test.code == "" && err != nil {
				t.Error(err)
			}
			if test.code != "" {
				refused(t, test.name, err, test.code)
			}
		})
	}
}

// A count that both sides leave at 0 means that the authenticator doesn't count.
func TestPasskeyWithoutCount(t *testing.T) {
	w := newWorld(t, withPasskeys)
	a := &passkeytest.Authenticator{Origin: origin}
	alice := w.passkeyPerson("alice", a)
	for range 3 {
		if _, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(alice.get(a))); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPasskeysTellNothing: options and refusals are the same for an account that
// there is and for one that there isn't.
func TestPasskeysTellNothing(t *testing.T) {
	w := newWorld(t, withPasskeys)
	a := newAuthenticator()
	alice, nobody := w.passkeyPerson("alice", a), w.newDevice("nobody")
	alice.session = nil
	for _, use := range []wire.PasskeyUse{wire.PasskeyLogin, wire.PasskeySignUp} {
		there, not := string(alice.options(use)), string(nobody.options(use))
		if len(there)-2*len("alice") != len(not)-2*len("nobody") && use == wire.PasskeySignUp || len(there) != len(not) && use == wire.PasskeyLogin {
			t.Errorf("%s: the options differ:\n%s\n%s", use, there, not)
		}
		if strings.Contains(there, "allowCredentials") || strings.Contains(there, "excludeCredentials") {
			t.Errorf("%s: the options name passkeys: %s", use, there)
		}
	}
	foreign := newAuthenticator()
	alice.create(foreign, wire.PasskeySignUp) // a passkey that nobody knows
	_, there := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(alice.get(foreign)))
	_, not := w.Enroll(t.Context(), "a", nobody.enrollmentBy(nobody.get(foreign)))
	if there == nil || not == nil || there.Error() != not.Error() {
		t.Errorf("refusals differ: %v and %v", there, not)
	}
}

// TestPasskeyRates: failed answers are limited, for an account and an address.
func TestPasskeyRates(t *testing.T) {
	w := newWorld(t, withPasskeys, func(c *server.Config) { c.Rates.Login = server.Rate{Burst: 3, Every: time.Minute} })
	a := newAuthenticator()
	alice := w.passkeyPerson("alice", a)
	for range 5 { // what succeeds costs nothing
		if _, err := w.Reset(t.Context(), "a", &wire.ResetRequest{Passkey: alice.get(a), List: identity.SignedDeviceList{Signer: alice.name}}); err != nil {
			t.Fatal(err)
		}
	}
	for range 3 {
		_, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy([]byte("{}")))
		refused(t, "nothing", err, wire.CodeBadPasskey)
	}
	_, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(alice.get(a)))
	refused(t, "too often", err, wire.CodeRateLimited)
}

// TestPasskeyNodes: a challenge of one node is good on another, and an answer that
// one has taken is used up on each.
func TestPasskeyNodes(t *testing.T) {
	shared := memstore.New()
	one := newWorld(t, withPasskeys, func(c *server.Config) { c.Store = shared })
	two := newWorld(t, withPasskeys, func(c *server.Config) { c.Store = shared })
	a := &passkeytest.Authenticator{Origin: origin}
	alice := one.passkeyPerson("alice", a)
	first := alice.get(a)
	if _, err := two.Enroll(t.Context(), "a", alice.another0().enrollmentBy(first)); err != nil {
		t.Fatal(err)
	}
	_, err := one.Enroll(t.Context(), "a", alice.another0().enrollmentBy(first))
	refused(t, "the same answer at the other node", err, wire.CodeBadPasskey)
}

// A server without passkeys says so.
func TestNoPasskeys(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	_, err := w.PasskeyOptions(t.Context(), nil, &wire.PasskeyOptionsRequest{Account: alice.account, Use: wire.PasskeyLogin})
	refused(t, "options", err, wire.CodeForbidden)
	_, err = w.Enroll(t.Context(), "a", alice.another0().enrollmentBy([]byte("{}")))
	refused(t, "an answer", err, wire.CodeForbidden)
	if info, err := w.Info(t.Context(), &wire.InfoRequest{}); err != nil || info.Passkeys {
		t.Error(info, err)
	}
}
