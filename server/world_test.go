package server_test

import (
	"encoding/binary"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"parley/identity"
	"parley/internal/cbor"
	"parley/mls"
	"parley/mls/public"
	"parley/server"
	"parley/server/memstore"
	"parley/wire"
)

const (
	domain = "example.org"
	origin = "https://example.org"
)

var suite = public.X25519()

// A world is a server with a clock that the test moves, and people on it.
type world struct {
	*server.Server
	t     testing.TB
	store server.Store
	mu    sync.Mutex // guards now and up
	now   time.Time
	up    time.Duration
	ids   uint64
}

// newWorld returns a world; change may adjust the Config.
func newWorld(t testing.TB, change ...func(*server.Config)) *world {
	t.Helper()
	w := &world{t: t, now: time.UnixMilli(1_800_000_000_000)}
	cfg := server.Config{
		Store: memstore.New(), Domain: domain, Origins: []string{origin}, Suites: []*public.Suite{suite},
		SignUpOpen: true, Now: w.time, Uptime: w.uptime, Logger: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&cfg)
	}
	w.store = cfg.Store
	var err error
	if w.Server, err = server.New(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) uptime() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.up
}

// pass has time pass.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now, w.up = w.now.Add(d), w.up+d
}

// jump sets the clock, while no time passes.
func (w *world) jump(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// id returns a new operation id.
func (w *world) id() []byte {
	w.ids++
	return binary.BigEndian.AppendUint64(make([]byte, 8), w.ids)
}

func (w *world) mls() *mls.Config {
	return &mls.Config{Suites: []*public.Suite{suite}, Now: w.time}
}

// refused checks that err is a refusal with code.
func refused(t testing.TB, what string, err error, code wire.Code) *wire.Error {
	t.Helper()
	var e *wire.Error
	if !errors.As(err, &e) || e.Code != code {
		t.Errorf("%s: %v; want %s", what, err, code)
		return &wire.Error{}
	}
	return e
}

func must[T any](t testing.TB, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A device is one with its keys and its session.
type device struct {
	w       *world
	name    identity.Device
	account identity.Account
	key     identity.PrivateKey
	login   []byte
	session *server.Session
	secrets []*mls.KeyPackageSecrets
	group   *mls.Group
}

func (w *world) newDevice(name string) *device {
	w.t.Helper()
	a, err := identity.NewAccount(domain, name)
	if err != nil {
		w.t.Fatal(err)
	}
	login := make([]byte, wire.LoginSize)
	copy(login, name)
	return &device{w: w, name: identity.RandomDevice(a), account: a, key: identity.GenerateKey(), login: login}
}

func (d *device) entry() identity.ListedDevice {
	return identity.ListedDevice{Device: d.name, SignatureKey: d.key.Public(), Name: "laptop", Suites: []uint16{uint16(suite.ID())}}
}

func (d *device) signer() public.SignaturePrivateKey {
	public := d.key.Public()
	return append(d.key.Seed(), public[:]...)
}

// first returns version 1 of d's account.
func (d *device) first() identity.SignedDeviceList {
	l := identity.DeviceList{Account: d.account, Version: 1, Change: identity.Create, Devices: []identity.ListedDevice{d.entry()}}
	return l.Sign(d.name, d.key)
}

// person signs an account up, with one device that has a session and key
// packages.
func (w *world) person(name string) *device {
	w.t.Helper()
	d := w.newDevice(name)
	if _, err := w.SignUp(w.t.Context(), "addr", &wire.SignUpRequest{Login: d.login, List: d.first()}); err != nil {
		w.t.Fatal(err)
	}
	d.open()
	d.publish(4)
	return d
}

func (w *world) challenge(d identity.Device) *wire.Challenge {
	w.t.Helper()
	c, err := w.Challenge(w.t.Context(), &wire.ChallengeRequest{Device: d})
	return must(w.t, c, err)
}

// claim answers a challenge.
func (d *device) claim() (*wire.SessionClaim, *wire.OpenSessionRequest) {
	c := d.w.challenge(d.name)
	claim := &wire.SessionClaim{Origin: origin, Device: d.name, Nonce: c.Nonce, Expires: c.Expires}
	return claim, d.sign(claim)
}

func (d *device) sign(c *wire.SessionClaim) *wire.OpenSessionRequest {
	return &wire.OpenSessionRequest{Claim: c.Marshal(), Signature: d.key.SignStatement(wire.UseSession, c.Marshal())}
}

// tryOpen opens a session.
func (d *device) tryOpen() error {
	_, req := d.claim()
	s, err := d.w.OpenSession(d.w.t.Context(), req)
	if err != nil {
		return err
	}
	d.session, err = d.w.Authenticate(s.Token)
	return err
}

func (d *device) open() {
	d.w.t.Helper()
	if err := d.tryOpen(); err != nil {
		d.w.t.Fatal(err)
	}
}

// alive reports whether d's session still is one.
func (d *device) alive() bool {
	select {
	case <-d.session.Ended():
		return false
	default:
		return d.w.TimeLeft(d.session) > 0
	}
}

func (d *device) keyPackage(lastResort bool) []byte {
	d.w.t.Helper()
	k, secrets, err := mls.NewKeyPackage(d.w.mls(), suite, []byte(d.name), d.signer(), mls.KeyPackageOptions{
		LastResort: lastResort, GroupExtensions: []public.ExtensionType{public.ExtensionType(wire.RoomExtensionType), public.ExtensionType(wire.RolesExtensionType)},
	})
	if err != nil {
		d.w.t.Fatal(err)
	}
	d.secrets = append(d.secrets, secrets)
	return k
}

func (d *device) keyPackages(n int) (all [][]byte) {
	for range n {
		all = append(all, d.keyPackage(false))
	}
	return all
}

func (d *device) publish(n int) {
	d.w.t.Helper()
	req := &wire.PublishKeyPackagesRequest{KeyPackages: d.keyPackages(n), LastResort: d.keyPackage(true)}
	if _, err := d.w.PublishKeyPackages(d.w.t.Context(), d.name, req); err != nil {
		d.w.t.Fatal(err)
	}
}

// newest returns the account's newest list.
func (d *device) newest() *identity.DeviceList {
	d.w.t.Helper()
	reply, err := d.w.DeviceLists(d.w.t.Context(), d.name, &wire.DeviceListsRequest{Account: d.account})
	if err != nil {
		d.w.t.Fatal(err)
	}
	l, err := reply.Lists[len(reply.Lists)-1].Parse()
	return must(d.w.t, l, err)
}

// next returns the list that follows the newest one.
func (d *device) next(change identity.Change, devices ...*device) *identity.DeviceList {
	d.w.t.Helper()
	l := d.newest().Next(change, 0)
	l.Devices = nil
	for _, o := range devices {
		l.Devices = append(l.Devices, o.entry())
	}
	return l
}

func (d *device) put(l *identity.DeviceList) error {
	_, err := d.w.PutDeviceList(d.w.t.Context(), d.name, &wire.PutDeviceListRequest{List: l.Sign(d.name, d.key)})
	return err
}

// another returns a second device of d's account, listed, with a session and key
// packages.
func (d *device) another() *device {
	d.w.t.Helper()
	o := d.w.newDevice(d.account.Name())
	if _, err := d.w.Enroll(d.w.t.Context(), "addr", o.enrollment()); err != nil {
		d.w.t.Fatal(err)
	}
	if err := d.put(d.next(identity.Add, d, o)); err != nil {
		d.w.t.Fatal(err)
	}
	o.open()
	return o
}

func (d *device) enrollment() *wire.EnrollRequest {
	claim := cbor.MustMarshal(wire.EnrollClaim{Device: d.name, SignatureKey: d.key.Public(), Suites: []uint16{uint16(suite.ID())}, Name: "laptop"})
	return &wire.EnrollRequest{
		Login: d.login, Claim: claim, Signature: d.key.SignStatement(wire.UseEnroll, claim),
		KeyPackages: d.keyPackages(2), LastResort: d.keyPackage(true),
	}
}

// inbox returns all that is in the account's mailbox.
func (d *device) inbox() []wire.Event {
	d.w.t.Helper()
	reply, err := d.w.Read(d.w.t.Context(), d.session, &wire.ReadRequest{})
	if err != nil {
		d.w.t.Fatal(err)
	}
	return reply.Events
}

func (d *device) kinds() (kinds []wire.EventKind) {
	for _, e := range d.inbox() {
		kinds = append(kinds, e.Envelope.Kind)
	}
	return kinds
}

// claimFrom claims the key packages of other's account.
func (d *device) claimFrom(other *device) [][]byte {
	d.w.t.Helper()
	reply, err := d.w.ClaimKeyPackages(d.w.t.Context(), d.name, &wire.ClaimKeyPackagesRequest{Account: other.account, Suites: []uint16{uint16(suite.ID())}})
	if err != nil {
		d.w.t.Fatal(err)
	}
	var all [][]byte
	for _, k := range reply.KeyPackages {
		all = append(all, k.KeyPackage)
	}
	return all
}

func (w *world) extension(kind wire.Kind) wire.RoomExtension {
	w.t.Helper()
	info, err := w.Info(w.t.Context(), &wire.InfoRequest{})
	if err != nil {
		w.t.Fatal(err)
	}
	return wire.RoomExtension{Version: 1, Mode: wire.ModePrivate, Kind: kind, FrankingKey: info.FrankingKey}
}

// opening makes a group of d and others and returns the request that opens its
// room. d.group is the group once the request is taken.
func (d *device) opening(kind wire.Kind, others ...*device) *wire.OpenRoomRequest {
	d.w.t.Helper()
	return d.openingWith(d.w.extension(kind), others...)
}

func (d *device) openingWith(e wire.RoomExtension, others ...*device) *wire.OpenRoomRequest {
	d.w.t.Helper()
	return d.openingIn(public.Extensions{{Type: public.ExtensionType(wire.RoomExtensionType), Data: e.Marshal()}}, others...)
}

// openingIn is opening of a group with the extensions ext.
func (d *device) openingIn(ext public.Extensions, others ...*device) *wire.OpenRoomRequest {
	d.w.t.Helper()
	return d.openingAs(identity.RandomRoom(domain), ext, others...)
}

// openingNamed is opening of a direct room of this name.
func (d *device) openingNamed(room identity.Room, others ...*device) *wire.OpenRoomRequest {
	d.w.t.Helper()
	e := d.w.extension(wire.KindDirect)
	return d.openingAs(room, public.Extensions{{Type: public.ExtensionType(wire.RoomExtensionType), Data: e.Marshal()}}, others...)
}

func (d *device) openingAs(room identity.Room, ext public.Extensions, others ...*device) *wire.OpenRoomRequest {
	t := d.w.t
	t.Helper()
	g, _, err := mls.Create(d.w.mls(), suite, room.GroupID(0), []byte(d.name), d.signer(), mls.CreateOptions{Extensions: ext})
	if err != nil {
		t.Fatal(err)
	}
	info, err := g.GroupInfo()
	if err != nil {
		t.Fatal(err)
	}
	req := &wire.OpenRoomRequest{ID: d.w.id(), Room: room, Accounts: []identity.Account{d.account}, GroupInfo: info}
	var add [][]byte
	for _, o := range others {
		add = append(add, o.keyPackage(false))
		req.Accounts = append(req.Accounts, o.account)
	}
	slices.Sort(req.Accounts)
	req.Accounts = slices.Compact(req.Accounts)
	if len(add) > 0 {
		c, _, err := g.Commit(mls.CommitOptions{Add: add})
		if err != nil {
			t.Fatal(err)
		}
		req.Commit, req.Welcome, req.Next = c.CommitMessage(), c.Welcome(), c.GroupInfo()
		if _, err := g.Merge(c); err != nil {
			t.Fatal(err)
		}
	}
	d.group = g
	return req
}

// room opens a room of d and others, who all join.
func (d *device) room(kind wire.Kind, others ...*device) identity.Room {
	t := d.w.t
	t.Helper()
	req := d.opening(kind, others...)
	reply, err := d.w.OpenRoom(t.Context(), d.name, req)
	if err != nil || !reply.Created || reply.Room != req.Room {
		t.Fatalf("OpenRoom = %+v, %v", reply, err)
	}
	for _, o := range others {
		o.join(req.Welcome)
	}
	return req.Room
}

func (d *device) join(welcome []byte) {
	d.w.t.Helper()
	var err error
	if d.group, _, err = mls.JoinWelcome(d.w.mls(), welcome, d.secrets, d.signer()); err != nil {
		d.w.t.Fatal(err)
	}
}

// committing makes a commit in d's group.
func (d *device) committing(room identity.Room, opts mls.CommitOptions) (*wire.CommitRequest, *mls.StagedCommit) {
	d.w.t.Helper()
	d.group.DropPending()
	c, _, err := d.group.Commit(opts)
	if err != nil {
		d.w.t.Fatal(err)
	}
	return &wire.CommitRequest{ID: d.w.id(), Room: room, Commit: c.CommitMessage(), Welcome: c.Welcome(), GroupInfo: c.GroupInfo()}, c
}

// commit makes a commit and has the server take it; d and others merge it.
func (d *device) commit(room identity.Room, opts mls.CommitOptions, others ...*device) *wire.CommitReply {
	t := d.w.t
	t.Helper()
	req, staged := d.committing(room, opts)
	reply, err := d.w.Commit(t.Context(), d.name, req)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.group.Merge(staged); err != nil {
		t.Fatal(err)
	}
	for _, o := range others {
		o.receive(req.Commit)
	}
	return reply
}

func (d *device) receive(commit []byte) {
	d.w.t.Helper()
	staged, err := d.group.Stage(commit)
	if err != nil {
		d.w.t.Fatal(err)
	}
	if _, err := d.group.Merge(staged); err != nil {
		d.w.t.Fatal(err)
	}
}

// sending encrypts a message.
func (d *device) sending(room identity.Room, text string) *wire.SendRequest {
	d.w.t.Helper()
	m, _, err := d.group.Encrypt(nil, []byte(text))
	if err != nil {
		d.w.t.Fatal(err)
	}
	return &wire.SendRequest{ID: d.w.id(), Room: room, Message: m}
}

func (d *device) send(room identity.Room, text string) error {
	_, err := d.w.Send(d.w.t.Context(), d.name, d.sending(room, text))
	return err
}

// leaf returns the index of other's leaf in d's group.
func (d *device) leaf(other *device) public.LeafIndex {
	d.w.t.Helper()
	for _, m := range d.group.Members() {
		if string(m.Identity) == string(other.name) {
			return m.Index
		}
	}
	d.w.t.Fatal("no such member")
	return 0
}

// rejoining makes the external commit by which d replaces its leaf.
func (d *device) rejoining(room identity.Room, opts mls.ExternalOptions) (*wire.CommitRequest, *mls.StagedCommit) {
	t := d.w.t
	t.Helper()
	info, err := d.w.GroupInfo(t.Context(), d.name, &wire.GroupInfoRequest{Room: room})
	if err != nil {
		t.Fatal(err)
	}
	c, err := mls.JoinExternal(d.w.mls(), info.GroupInfo, []byte(d.name), d.signer(), opts)
	if err != nil {
		t.Fatal(err)
	}
	return &wire.CommitRequest{ID: d.w.id(), Room: room, Generation: info.Generation, Commit: c.CommitMessage(), GroupInfo: c.GroupInfo()}, c
}
