package server_test

import (
	"bytes"
	"slices"
	"strconv"
	"testing"
	"time"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

func TestSignUp(t *testing.T) {
	w := newWorld(t)
	alice := w.newDevice("alice")
	good := &wire.SignUpRequest{Login: alice.login, List: alice.first()}
	try := func(what string, req *wire.SignUpRequest, code wire.Code) {
		t.Helper()
		_, err := w.SignUp(t.Context(), "addr", req)
		refused(t, what, err, code)
	}
	stranger := w.newDevice("alice")
	try("another's signature", &wire.SignUpRequest{Login: alice.login, List: identity.SignedDeviceList{
		Body: good.List.Body, Signer: alice.name, Signature: stranger.key.SignStatement("device-list", good.List.Body),
	}}, wire.CodeBadDeviceList)
	try("no list", &wire.SignUpRequest{Login: alice.login}, wire.CodeBadDeviceList)
	try("a short login key", &wire.SignUpRequest{Login: alice.login[:31], List: good.List}, wire.CodeWrongLogin)
	elsewhere := w.newDevice("alice")
	elsewhere.account, _ = identity.NewAccount("other.example", "alice")
	elsewhere.name = identity.RandomDevice(elsewhere.account)
	try("another domain", &wire.SignUpRequest{Login: alice.login, List: elsewhere.first()}, wire.CodeForbidden)

	for range 2 { // repeating it succeeds
		if _, err := w.SignUp(t.Context(), "addr", good); err != nil {
			t.Fatal(err)
		}
	}
	try("the name with another list", &wire.SignUpRequest{Login: alice.login, List: stranger.first()}, wire.CodeNameTaken)
	try("the list with another login", &wire.SignUpRequest{Login: make([]byte, 32), List: good.List}, wire.CodeNameTaken)

	closed := newWorld(t, func(c *server.Config) { c.SignUpOpen = false })
	_, err := closed.SignUp(t.Context(), "addr", good)
	refused(t, "a closed server", err, wire.CodeSignUpClosed)
}

// TestLoginIsHashed: the store never sees the login key.
func TestLoginIsHashed(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	a := must2(w.store.Account(t.Context(), alice.account))(t)
	if bytes.Contains(a.Credential, alice.login) || len(a.Credential) == 0 {
		t.Errorf("the credential is %x", a.Credential)
	}
	b := w.person("bob")
	other := must2(w.store.Account(t.Context(), b.account))(t)
	if bytes.Equal(a.Credential[1:17], other.Credential[1:17]) {
		t.Error("two accounts have the same salt")
	}
}

func must2[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		return must(t, v, err)
	}
}

func TestWrongLogin(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	enroll := func(name string, login []byte, from string) error {
		d := w.newDevice(name)
		req := d.enrollment()
		req.Login = login
		_, err := w.Enroll(t.Context(), from, req)
		return err
	}
	wrong := make([]byte, 32)
	a, b := enroll("alice", wrong, "1"), enroll("nobody", wrong, "2")
	refused(t, "a wrong key", a, wire.CodeWrongLogin)
	refused(t, "an unknown account", b, wire.CodeWrongLogin)
	if a.Error() != b.Error() {
		t.Errorf("%v and %v tell the two apart", a, b)
	}
	for range server.DefaultRates.Login.Burst {
		enroll("alice", wrong, "1")
	}
	e := refused(t, "the right key after too many wrong ones", enroll("alice", alice.login, "3"), wire.CodeRateLimited)
	if e.RetryAfter <= 0 {
		t.Error("RetryAfter isn't set")
	}
	w.pass(time.Duration(e.RetryAfter) * time.Millisecond)
	for range 3 { // what succeeds isn't counted
		if err := enroll("alice", alice.login, "3"); err != nil {
			t.Fatal(err)
		}
	}
	for i := range server.DefaultRates.Address.Burst {
		enroll("nobody"+strconv.Itoa(i), wrong, "4")
	}
	refused(t, "an address with too many failures", enroll("carol", wrong, "4"), wire.CodeRateLimited)
}

func TestEnroll(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	laptop := w.newDevice("alice")
	req := laptop.enrollment()
	forged := *req
	forged.Signature = alice.key.SignStatement(wire.UseEnroll, req.Claim)
	_, err := w.Enroll(t.Context(), "a", &forged)
	refused(t, "a claim signed by another key", err, wire.CodeBadRequest)
	foreign := *req
	foreign.KeyPackages = [][]byte{alice.keyPackage(false)}
	_, err = w.Enroll(t.Context(), "a", &foreign)
	refused(t, "another device's key package", err, wire.CodeBadKeyPackage)

	for range 2 {
		reply, err := w.Enroll(t.Context(), "a", req)
		if err != nil || reply.Listed || len(reply.Lists) != 1 {
			t.Fatalf("Enroll = %+v, %v; want not listed, and a chain of 1", reply, err)
		}
	}
	waiting, err := w.Enrollments(t.Context(), alice.name, &wire.Empty{})
	if err != nil || len(waiting.Waiting) != 1 || !bytes.Equal(waiting.Waiting[0].Claim, req.Claim) {
		t.Fatalf("Enrollments = %+v, %v; want one", waiting, err)
	}
	// The server's word never approves: the new device has no session.
	refused(t, "a session before approval", laptop.tryOpen(), wire.CodeUnlistedDevice)
	if err := alice.put(alice.next(identity.Add, alice, laptop)); err != nil {
		t.Fatal(err)
	}
	reply, err := w.Enroll(t.Context(), "a", req)
	if err != nil || !reply.Listed || len(reply.Lists) != 2 {
		t.Errorf("Enroll after approval = %+v, %v", reply, err)
	}
	laptop.open()
	if n, err := w.KeyPackageCount(t.Context(), laptop.name, &wire.Empty{}); err != nil || n.SingleUse != 2 || !n.LastResort {
		t.Errorf("the new device has %+v, %v; want the 2 that it left, and a last resort", n, err)
	}
	mailbox, err := w.Read(t.Context(), laptop.session, &wire.ReadRequest{})
	if err != nil || mailbox.Cursor != mailbox.Head || mailbox.Head != 1 {
		t.Errorf("the new device's mailbox: %+v, %v; want its cursor at the head", mailbox, err)
	}
}

// TestEnrollKeyMustFit: what another device with the same id left is not
// published.
// A device that asks again may be approved at the same instant, so that its note
// comes after the list.
func TestListedDeviceWaitsNoMore(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	laptop := w.newDevice("alice")
	req := laptop.enrollment()
	if err := alice.put(alice.next(identity.Add, alice, laptop)); err != nil {
		t.Fatal(err)
	}
	late := server.Enrollment{Device: laptop.name, Key: laptop.key.Public(), Claim: req.Claim, Signature: req.Signature, Expires: w.time().Add(time.Hour).UnixMilli()}
	if err := w.store.PutEnrollment(t.Context(), alice.name.Account(), late, w.time().UnixMilli(), wire.MaxEnrollments); err != nil {
		t.Fatal(err)
	}
	waiting, err := w.Enrollments(t.Context(), alice.name, &wire.Empty{})
	if err != nil || len(waiting.Waiting) != 0 {
		t.Errorf("Enrollments = %+v, %v; want none", waiting, err)
	}
}

func TestEnrollKeyMustFit(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	laptop := w.newDevice("alice")
	impostor := *laptop
	impostor.key = identity.GenerateKey()
	if _, err := w.Enroll(t.Context(), "a", impostor.enrollment()); err != nil {
		t.Fatal(err)
	}
	if err := alice.put(alice.next(identity.Add, alice, laptop)); err != nil {
		t.Fatal(err)
	}
	if n, err := w.KeyPackageCount(t.Context(), laptop.name, &wire.Empty{}); err != nil || n.SingleUse != 0 || n.LastResort {
		t.Errorf("the impostor's key packages were published: %+v, %v", n, err)
	}
	refused(t, "the impostor's session", impostor.tryOpen(), wire.CodeUnauthorized)
}

func TestTooManyEnrolling(t *testing.T) {
	w := newWorld(t)
	w.person("alice")
	for range wire.MaxEnrollments {
		if _, err := w.Enroll(t.Context(), "a", w.newDevice("alice").enrollment()); err != nil {
			t.Fatal(err)
		}
	}
	_, err := w.Enroll(t.Context(), "a", w.newDevice("alice").enrollment())
	refused(t, "one more", err, wire.CodeTooManyEnrolling)
	w.pass(time.Hour)
	if _, err := w.Enroll(t.Context(), "a", w.newDevice("alice").enrollment()); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}

func TestOpenSession(t *testing.T) {
	w := newWorld(t)
	alice, mallory := w.person("alice"), w.person("mallory")
	change := func(f func(*wire.SessionClaim)) *wire.OpenSessionRequest {
		c, _ := alice.claim()
		f(c)
		return alice.sign(c)
	}
	_, used := alice.claim()
	if _, err := w.OpenSession(t.Context(), used); err != nil {
		t.Fatal(err)
	}
	claim, _ := alice.claim()
	late, _ := alice.claim()
	for _, c := range []struct {
		what string
		req  *wire.OpenSessionRequest
		code wire.Code
	}{
		{"a replayed claim", used, wire.CodeUnauthorized},
		{"another key's signature", &wire.OpenSessionRequest{Claim: claim.Marshal(), Signature: mallory.key.SignStatement(wire.UseSession, claim.Marshal())}, wire.CodeUnauthorized},
		{"another use's signature", &wire.OpenSessionRequest{Claim: claim.Marshal(), Signature: alice.key.SignStatement(wire.UseEnroll, claim.Marshal())}, wire.CodeUnauthorized},
		{"another origin", change(func(c *wire.SessionClaim) { c.Origin = "https://evil.example" }), wire.CodeUnauthorized},
		{"another expiry", change(func(c *wire.SessionClaim) { c.Expires++ }), wire.CodeUnauthorized},
		{"a made-up nonce", change(func(c *wire.SessionClaim) { c.Nonce = make([]byte, 32) }), wire.CodeUnauthorized},
		{"another device's nonce", change(func(c *wire.SessionClaim) { c.Nonce = w.challenge(mallory.name).Nonce }), wire.CodeUnauthorized},
		{"no claim", &wire.OpenSessionRequest{Claim: []byte("x")}, wire.CodeBadRequest},
	} {
		_, err := w.OpenSession(t.Context(), c.req)
		refused(t, c.what, err, c.code)
	}
	w.pass(time.Minute)
	_, err := w.OpenSession(t.Context(), alice.sign(late))
	refused(t, "an expired nonce", err, wire.CodeUnauthorized)

	// An unknown device's challenge looks like any other, and what it opens too.
	removed, nobody := w.newDevice("alice"), w.newDevice("nobody")
	a, b := removed.tryOpen(), nobody.tryOpen()
	refused(t, "a device that isn't listed", a, wire.CodeUnlistedDevice)
	refused(t, "an account that isn't there", b, wire.CodeUnlistedDevice)
	if a.Error() != b.Error() {
		t.Errorf("%v and %v tell the two apart", a, b)
	}
}

func TestSessionEnds(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	_, req := alice.claim()
	s, err := w.OpenSession(t.Context(), req)
	if err != nil || len(s.Token) > wire.MaxTokenSize || s.Expires > w.time().Add(time.Hour).UnixMilli() {
		t.Fatalf("OpenSession = %+v, %v; want at most an hour", s, err)
	}
	for _, token := range [][]byte{nil, make([]byte, 32), s.Token[:31]} {
		_, err := w.Authenticate(token)
		refused(t, "a made-up token", err, wire.CodeUnauthorized)
	}
	w.pass(time.Hour)
	_, err = w.Authenticate(s.Token)
	refused(t, "an expired session", err, wire.CodeUnauthorized)
}

func TestPutDeviceList(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	laptop, mallory := w.newDevice("alice"), w.newDevice("alice")
	add := alice.next(identity.Add, alice, laptop)
	made := func(signer *device, l *identity.DeviceList) identity.SignedDeviceList {
		return l.Sign(signer.name, signer.key)
	}
	skip := alice.next(identity.Add, alice, laptop)
	skip.Version = 3
	fork := alice.next(identity.Add, alice, laptop)
	fork.PreviousHash = make([]byte, 32)
	reset := alice.next(identity.Reset, laptop)
	bobs := bob.next(identity.Add, bob, w.newDevice("bob"))
	for _, c := range []struct {
		what string
		list identity.SignedDeviceList
		code wire.Code
	}{
		{"a list that the new device signed", made(mallory, alice.next(identity.Add, alice, mallory)), wire.CodeBadDeviceList},
		{"one without a change", made(alice, alice.next(identity.Add, alice)), wire.CodeBadDeviceList},
		{"a gap", made(alice, skip), wire.CodeBadDeviceList},
		{"another predecessor", made(alice, fork), wire.CodeStaleDeviceList},
		{"a reset", made(laptop, reset), wire.CodeBadDeviceList},
		{"a cancel of nothing", made(alice, alice.next(identity.Cancel, alice)), wire.CodeBadDeviceList},
		{"another account's", made(bob, bobs), wire.CodeBadDeviceList},
		{"noise", identity.SignedDeviceList{Body: []byte("x")}, wire.CodeBadDeviceList},
	} {
		_, err := w.PutDeviceList(t.Context(), alice.name, &wire.PutDeviceListRequest{List: c.list})
		refused(t, c.what, err, c.code)
	}
	if v := alice.newest().Version; v != 1 {
		t.Fatalf("the version is %d after refusals", v)
	}
	for range 2 { // repeating it succeeds
		if err := alice.put(add); err != nil {
			t.Fatal(err)
		}
	}
	other := *add
	other.At++
	refused(t, "another list with that version", alice.put(&other), wire.CodeStaleDeviceList)
	if got := alice.kinds(); !slices.Equal(got, []wire.EventKind{wire.EventDevices}) {
		t.Errorf("the mailbox holds %v; want one event", got)
	}
}

func TestRemoveDevice(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	laptop := alice.another()
	if err := alice.put(alice.next(identity.Remove, alice)); err != nil {
		t.Fatal(err)
	}
	if laptop.alive() {
		t.Error("the removed device's session goes on")
	}
	refused(t, "a new session", laptop.tryOpen(), wire.CodeUnlistedDevice)
	_, err := w.Read(t.Context(), laptop.session, &wire.ReadRequest{})
	refused(t, "reading by what held the session", err, wire.CodeUnauthorized)
	_, err = w.ClaimKeyPackages(t.Context(), alice.name, &wire.ClaimKeyPackagesRequest{Account: alice.account, Devices: []identity.Device{laptop.name}, Suites: []uint16{1}})
	refused(t, "claiming its key packages", err, wire.CodeUnlistedDevice)
	if n, err := w.store.CountKeyPackages(t.Context(), laptop.name, 0); err != nil || n.SingleUse != 0 || n.LastResort {
		t.Errorf("it keeps key packages: %+v, %v", n, err)
	}
	_, err = w.PublishKeyPackages(t.Context(), laptop.name, &wire.PublishKeyPackagesRequest{KeyPackages: laptop.keyPackages(1)})
	refused(t, "publishing more", err, wire.CodeUnlistedDevice)
	if !alice.alive() {
		t.Error("the other device's session ended")
	}
}

func TestRotateDevice(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	l := alice.next(identity.Rotate, alice)
	old := *alice
	alice.key = identity.GenerateKey()
	l.Devices[0].SignatureKey = alice.key.Public()
	if err := old.put(l); err != nil {
		t.Fatal(err)
	}
	if old.alive() {
		t.Error("the old key's session goes on")
	}
	refused(t, "a session by the old key", old.tryOpen(), wire.CodeUnauthorized)
	alice.open()
	if got := alice.kinds(); !slices.Equal(got, []wire.EventKind{wire.EventDevices}) {
		t.Errorf("the mailbox holds %v; want it as it was, and the event", got)
	}
}

// resetting returns a new device of d's account and the request that resets the
// account to it.
func (d *device) resetting() (*device, *wire.ResetRequest) {
	d.w.t.Helper()
	fresh := d.w.newDevice(d.account.Name())
	reply, err := d.w.Reset(d.w.t.Context(), "a", &wire.ResetRequest{Login: d.login, List: identity.SignedDeviceList{Signer: fresh.name}})
	if err != nil {
		d.w.t.Fatal(err)
	}
	newest, err := reply.Lists[len(reply.Lists)-1].Parse()
	if err != nil {
		d.w.t.Fatal(err)
	}
	l := newest.Next(identity.Reset, 0)
	l.Devices = []identity.ListedDevice{fresh.entry()}
	return fresh, &wire.ResetRequest{Login: d.login, List: l.Sign(fresh.name, fresh.key)}
}

func TestReset(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	fresh, req := alice.resetting()
	wrong := *req
	wrong.Login = make([]byte, 32)
	_, err := w.Reset(t.Context(), "a", &wrong)
	refused(t, "a reset with a wrong login", err, wire.CodeWrongLogin)
	for range 2 {
		if reply, err := w.Reset(t.Context(), "a", req); err != nil || len(reply.Lists) != 2 {
			t.Fatalf("Reset = %+v, %v", reply, err)
		}
	}
	// Until the delay is over both have sessions, and only a cancel is taken.
	fresh.open()
	if err := alice.tryOpen(); err != nil {
		t.Errorf("the old device's session while the reset runs: %v", err)
	}
	refused(t, "a change on top of the reset", fresh.put(fresh.next(identity.Add, fresh, w.newDevice("alice"))), wire.CodeBadDeviceList)
	_, second := alice.resetting()
	_, err = w.Reset(t.Context(), "a", second)
	refused(t, "a reset on top of the reset", err, wire.CodeBadDeviceList)
	// A stranger who opens a conversation meanwhile gets the old devices.
	bob := w.person("bob")
	reply, err := w.ClaimKeyPackages(t.Context(), bob.name, &wire.ClaimKeyPackagesRequest{Account: alice.account, Suites: []uint16{1}})
	if err != nil || len(reply.KeyPackages) != 1 || reply.KeyPackages[0].Device != alice.name || reply.ListVersion != 2 {
		t.Errorf("a claim while the reset runs: %+v, %v", reply, err)
	}

	w.pass(server.DefaultResetDelay)
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	if alice.alive() {
		t.Error("the old device's session goes on")
	}
	refused(t, "the old device", alice.tryOpen(), wire.CodeUnlistedDevice)
	fresh.open()
	cancel := fresh.next(identity.Cancel, alice)
	_, err = w.PutDeviceList(t.Context(), fresh.name, &wire.PutDeviceListRequest{List: cancel.Sign(alice.name, alice.key)})
	refused(t, "a late cancel", err, wire.CodeBadDeviceList)
	if err := fresh.put(fresh.next(identity.Add, fresh, w.newDevice("alice"))); err != nil {
		t.Errorf("a change after the reset: %v", err)
	}
}

func TestCancelReset(t *testing.T) {
	w := newWorld(t)
	alice := w.person("alice")
	mallory, req := alice.resetting()
	if _, err := w.Reset(t.Context(), "a", req); err != nil {
		t.Fatal(err)
	}
	mallory.open()
	l := alice.next(identity.Cancel, alice)
	refused(t, "a cancel by the new device", mallory.put(l), wire.CodeBadDeviceList)
	if err := alice.put(l); err != nil {
		t.Fatal(err)
	}
	if mallory.alive() || !alice.alive() {
		t.Errorf("sessions after a cancel: new %t, old %t; want false, true", mallory.alive(), alice.alive())
	}
	w.pass(2 * server.DefaultResetDelay)
	if err := w.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	alice.open()
	if got := alice.kinds(); len(got) != 0 && got[0] != wire.EventDevices {
		t.Errorf("the mailbox holds %v", got)
	}
	refused(t, "the cancelled device", mallory.tryOpen(), wire.CodeUnlistedDevice)
}

// TestShortResetDelay: sessions opened while a reset runs end with it.
func TestShortResetDelay(t *testing.T) {
	w := newWorld(t, func(c *server.Config) { c.ResetDelay = time.Minute })
	alice := w.person("alice")
	fresh, req := alice.resetting()
	if _, err := w.Reset(t.Context(), "a", req); err != nil {
		t.Fatal(err)
	}
	if alice.alive() {
		t.Error("a session from before goes on beyond the delay")
	}
	alice.open()
	fresh.open()
	w.pass(time.Minute)
	if alice.alive() || !fresh.alive() {
		t.Errorf("after the delay: old %t, new %t; want false, true", alice.alive(), fresh.alive())
	}
	refused(t, "the old device, without any sweep", alice.tryOpen(), wire.CodeUnlistedDevice)
}

func TestDeviceLists(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	alice.another()
	for _, c := range []struct {
		from uint64
		want int
	}{{0, 2}, {1, 2}, {2, 1}, {9, 1}} {
		reply, err := w.DeviceLists(t.Context(), bob.name, &wire.DeviceListsRequest{Account: alice.account, From: c.from})
		if err != nil || reply.Newest != 2 || len(reply.Lists) != c.want {
			t.Errorf("from %d: %+v, %v; want %d lists", c.from, reply, err, c.want)
		}
	}
	for _, a := range []identity.Account{"", "x", "mimi://example.org/u/nobody"} {
		_, err := w.DeviceLists(t.Context(), bob.name, &wire.DeviceListsRequest{Account: a})
		refused(t, "an unknown account", err, wire.CodeUnknownAccount)
	}
}
