// Package storetest holds the tests that every server.Store must pass: a case
// for each sentence of the interface's comment.
package storetest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"parley/identity"
	"parley/server"
	"parley/wire"
)

// A Driver is what is tested.
type Driver struct {
	// Open returns a new, empty store, and closes it with t.Cleanup.
	Open func(t *testing.T) server.Store
	// Reopen ends s as a crash would, without closing it first where that can be, and
	// returns what a new start finds. Nil for a store that ends with the
	// process.
	Reopen func(t *testing.T, s server.Store) server.Store
	// Dumps: the store is a server.Dumper and a server.Loader too.
	Dumps bool
}

// Run tests d.
func Run(t *testing.T, d Driver) {
	for _, group := range [][]testCase{metaTests, directoryTests, recordTests, keyPackageTests, roomTests, frankingTests, leaveTests, mailboxTests, ledgerTests, eraseTests, sweepTests} {
		for _, c := range group {
			t.Run(c.name, func(t *testing.T) { c.run(t, d.Open(t)) })
		}
	}
	if d.Dumps {
		for _, c := range dumpTests {
			t.Run(c.name, func(t *testing.T) { c.run(t, d.Open) })
		}
	}
	if d.Reopen == nil {
		return
	}
	for _, c := range reopenTests {
		t.Run("Reopen"+c.name, func(t *testing.T) { c.run(t, d.Open(t), d.Reopen) })
	}
}

type testCase struct {
	name string
	run  func(*testing.T, server.Store)
}

var metaTests = []testCase{
	{"MetaIsTheFirst", testMeta},
	{"CancelledContext", testCancelled},
}

func testMeta(t *testing.T, s server.Store) {
	first := []byte("first")
	for _, give := range [][]byte{first, []byte("second")} {
		got, err := s.Meta(t.Context(), "", give)
		if err != nil || string(got) != "first" {
			t.Errorf("Meta = %q, %v; want what came first", got, err)
		}
	}
	first[0] = 'x'
	if got, err := s.Meta(t.Context(), "", nil); err != nil || string(got) != "first" {
		t.Errorf("Meta = %q, %v: the store kept the caller's slice", got, err)
	}
	if got, err := s.Meta(t.Context(), "other", []byte("another")); err != nil || string(got) != "another" {
		t.Errorf("Meta of another name = %q, %v; want its own first", got, err)
	}
}

// testCancelled: a method may return the context's error; if it does, the store
// goes on.
func testCancelled(t *testing.T, s server.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s.CreateAccount(ctx, newAccount(alice, 1))
	if err := s.CreateAccount(t.Context(), newAccount(bob, 1)); err != nil {
		t.Errorf("after a cancelled call: %v", err)
	}
}

// People of the tests.
const domain = "example.org"

var (
	alice = account("alice")
	bob   = account("bob")
	carol = account("carol")
)

func account(name string) identity.Account {
	a, err := identity.NewAccount(domain, name)
	if err != nil {
		panic(err)
	}
	return a
}

// device returns the n-th device of a.
func device(a identity.Account, n byte) identity.Device { return identity.NewDevice(a, [16]byte{n}) }

// key returns a key for the n-th device of a. The store doesn't judge it.
func key(a identity.Account, n byte) identity.PublicKey {
	return sha256.Sum256(append([]byte(a), n))
}

func leaf(a identity.Account, n byte) server.Leaf {
	return server.Leaf{Device: device(a, n), Key: key(a, n)}
}

func room(n byte) identity.Room {
	r, err := identity.ParseRoom(fmt.Sprintf("mimi://%s/r/AAAAAAAAAAAAAAAAAAAA%cA", domain, 'A'+n))
	if err != nil {
		panic(err)
	}
	return r
}

// id returns an operation's id.
func id(n int) []byte { return fmt.Appendf(nil, "%016d", n) }

// list returns a list of a, told apart by version. The store doesn't judge it.
func list(a identity.Account, version uint64) identity.SignedDeviceList {
	return identity.SignedDeviceList{Body: fmt.Appendf(nil, "%s %d", a, version), Signer: device(a, 1), Signature: []byte("signature")}
}

// newAccount is a with its first device, n.
func newAccount(a identity.Account, n byte) server.NewAccount {
	return server.NewAccount{Account: a, Credential: []byte("credential of " + a), List: list(a, 1), Device: device(a, n), AcceptedMS: 1000}
}

func create(t *testing.T, s server.Store, accounts ...identity.Account) {
	t.Helper()
	for _, a := range accounts {
		if err := s.CreateAccount(t.Context(), newAccount(a, 1)); err != nil {
			t.Fatal(err)
		}
	}
}

// opening returns what makes room n with the first device of each of accounts.
func opening(n byte, accounts ...identity.Account) server.RoomUpdate {
	slices.Sort(accounts)
	var leaves []server.Leaf
	for _, a := range accounts {
		leaves = append(leaves, leaf(a, 1))
	}
	r := room(n)
	return server.RoomUpdate{
		Op:    server.OperationID{Kind: wire.EventOpen, Device: leaves[0].Device, ID: id(int(n))},
		Next:  server.Room{Room: r, Kind: wire.KindGroup, Set: accounts, Epoch: 1, Accounts: accounts, Leaves: leaves},
		State: []byte("state 1"), Info: []byte("info 1"),
		Envelope: wire.Envelope{Kind: wire.EventOpen, Room: r, AcceptedMS: 2000, Sender: leaves[0].Device, ID: id(int(n)), Message: []byte("commit 0"), Welcome: []byte("welcome")},
	}
}

// open makes the room of opening.
func open(t *testing.T, s server.Store, n byte, accounts ...identity.Account) *server.Room {
	t.Helper()
	u := opening(n, accounts...)
	if _, err := s.Open(t.Context(), u); err != nil {
		t.Fatal(err)
	}
	r, err := s.Room(t.Context(), u.Next.Room)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// committing returns what ends r's epoch and leaves it with leaves.
func committing(r *server.Room, n int, leaves ...server.Leaf) server.RoomUpdate {
	next := *r
	before := r.At()
	next.Epoch++
	next.Leaves, next.Accounts = leaves, nil
	for _, l := range leaves {
		next.Accounts = append(next.Accounts, l.Device.Account())
	}
	slices.Sort(next.Accounts)
	next.Accounts = slices.Compact(next.Accounts)
	return server.RoomUpdate{
		Op:     server.OperationID{Kind: wire.EventCommit, Device: r.Leaves[0].Device, ID: id(n)},
		Before: &before, Was: r.Accounts, Next: next,
		State: fmt.Appendf(nil, "state %d", next.Epoch), Info: fmt.Appendf(nil, "info %d", next.Epoch),
		Envelope: wire.Envelope{Kind: wire.EventCommit, Room: r.Room, Generation: r.Generation, Epoch: before.Epoch, AcceptedMS: 3000, Message: fmt.Appendf(nil, "commit %d", before.Epoch)},
	}
}

// message returns a message of r's first leaf with an id and a text of n.
func message(r *server.Room, n int) (server.OperationID, wire.Envelope) {
	sender := r.Leaves[0].Device
	return server.OperationID{Kind: wire.EventMessage, Device: sender, ID: id(n)}, wire.Envelope{
		Kind: wire.EventMessage, Room: r.Room, Generation: r.Generation, Epoch: r.Epoch,
		AcceptedMS: 4000, Sender: sender, ID: id(n), Message: fmt.Appendf(nil, "message %d", n),
	}
}

// send appends message n to r.
func send(t *testing.T, s server.Store, r *server.Room, n int) server.Receipt {
	t.Helper()
	op, e := message(r, n)
	receipt, err := s.Append(t.Context(), op, e, server.Stamp{})
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// read returns the whole mailbox of d.
func read(t *testing.T, s server.Store, d identity.Device) *wire.ReadReply {
	t.Helper()
	raw, err := s.Read(t.Context(), d, 0, 1000, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := raw.Decode()
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

// texts returns the messages in a mailbox, and checks that positions have no
// gaps.
func texts(t *testing.T, reply *wire.ReadReply) (texts []string) {
	t.Helper()
	for i, e := range reply.Events {
		if e.Pos != reply.Events[0].Pos+uint64(i) {
			t.Errorf("position %d follows %d", e.Pos, reply.Events[0].Pos+uint64(i)-1)
		}
		text := string(e.Envelope.Message)
		if e.Envelope.Kind == wire.EventDevices {
			text = fmt.Sprintf("devices %s %d", e.Envelope.Account.Name(), e.Envelope.Version)
		}
		texts = append(texts, text)
	}
	return texts
}

func expect(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s = %q; want %q", what, got, want)
	}
}
