package client_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"parley/client"
	"parley/identity"
	"parley/wire"
)

// TestAccountExport: a person takes what the server holds, and it is JSON.
func TestAccountExport(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.signUp("alice"), w.signUp("bob")
	alice.sendTo("a word to bob", "bob")
	bob.want("a word to bob")
	bob.sendTo("a word to alice", "alice")
	var out bytes.Buffer
	if err := alice.Export(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int{}
	for line := range bytes.Lines(out.Bytes()) {
		var v struct{ Kind string }
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		kinds[v.Kind]++
	}
	if kinds["account"] != 1 || kinds["device_list"] != 1 || kinds["record"] == 0 || kinds["event"] == 0 {
		t.Errorf("the export has %v", kinds)
	}
	if bytes.Contains(out.Bytes(), []byte("a word")) {
		t.Error("it has what was said")
	}
}

// TestEraseAccount: who erases the account has left the groups; the others go on, and
// what was sent before is theirs.
func TestEraseAccount(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	ctx := t.Context()
	alice.sendTo("to the group", "bob", "carol")
	alice.sendTo("to bob", "bob")
	bob.sync()
	carol.want("to the group")
	wrong := client.Proof{Login: bob.login}
	if err := alice.Erase(ctx, wrong); !errors.Is(err, &wire.Error{Code: wire.CodeWrongLogin}) {
		t.Fatalf("with another's login: %v; want wrong_login", err)
	}
	if r := roomOf(t, alice, groupOf(t, alice)); !r.Active {
		t.Error("a wrong login has taken her out of the group")
	}
	if err := alice.Erase(ctx, client.Proof{Login: alice.login}); err != nil {
		t.Fatal(err)
	}
	if err := alice.Sync(ctx); err == nil {
		t.Error("the device goes on")
	}
	bob.sync()
	group := groupOf(t, bob)
	if _, err := bob.Send(ctx, group, "two of us"); err != nil {
		t.Fatalf("bob writes to the group: %v", err)
	}
	carol.want("two of us")
	if accounts := roomOf(t, carol, group).Accounts; len(accounts) != 2 {
		t.Errorf("the group has %v", accounts)
	}
	if _, err := bob.SendTo(ctx, []string{"alice"}, "hello?"); err == nil {
		t.Error("bob writes to an account that was erased")
	}
}

// TestErasedUnasked: an account that was erased without having left keeps nobody from
// writing, nor from removing another device.
func TestErasedUnasked(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.signUp("alice"), w.signUp("bob"), w.signUp("carol")
	ctx := t.Context()
	laptop := carol.secondDevice()
	alice.sendTo("to the group", "bob", "carol")
	for _, p := range []*person{bob, carol, laptop} {
		p.want("to the group")
	}
	alice.sync()
	if err := w.data.EraseAccount(ctx, alice.Account()); err != nil { // as a server does, without her device
		t.Fatal(err)
	}
	w.stop() // and no node remembers
	w.start()
	group := groupOf(t, bob)
	if err := carol.RemoveDevice(ctx, laptop.Device().ID()); err != nil {
		t.Fatal(err)
	}
	if _, err := bob.Send(ctx, group, "on we go"); err != nil {
		t.Fatalf("bob writes, while a device is to be removed: %v", err)
	}
	carol.want("on we go")
	if _, err := carol.Send(ctx, group, "so we do"); err != nil {
		t.Fatal(err)
	}
	bob.want("so we do")
}

func groupOf(t *testing.T, p *person) identity.Room {
	t.Helper()
	rooms, err := p.Rooms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rooms {
		if !r.Direct {
			return r.Room
		}
	}
	t.Fatal("there is no group")
	return ""
}

func roomOf(t *testing.T, p *person, room identity.Room) client.Room {
	t.Helper()
	rooms, err := p.Rooms(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rooms {
		if r.Room == room {
			return r
		}
	}
	t.Fatal("there is no such room")
	return client.Room{}
}
