package server_test

import (
	"testing"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/mls/public"
	"parley/wire"
)

// erase erases d's account.
func (d *device) erase() {
	d.w.t.Helper()
	if _, err := d.w.Erase(d.w.t.Context(), "addr", d.session, &wire.EraseRequest{Account: d.account, Login: d.login}); err != nil {
		d.w.t.Fatal(err)
	}
}

// TestEraseNeedsLogin: a session alone, or another's login, erases nothing.
func TestEraseNeedsLogin(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	for what, c := range map[string]struct {
		req  wire.EraseRequest
		code wire.Code
	}{
		"no login":          {wire.EraseRequest{Account: alice.account}, wire.CodeWrongLogin},
		"another's login":   {wire.EraseRequest{Account: alice.account, Login: bob.login}, wire.CodeWrongLogin},
		"another's account": {wire.EraseRequest{Account: bob.account, Login: bob.login}, wire.CodeBadRequest},
		"no account":        {wire.EraseRequest{Login: alice.login}, wire.CodeBadRequest},
	} {
		_, err := w.Erase(t.Context(), "addr", alice.session, &c.req)
		refused(t, what, err, c.code)
	}
	if _, err := w.Erase(t.Context(), "addr", alice.session, &wire.EraseRequest{Account: alice.account, Login: alice.login, Ask: true}); err != nil {
		t.Errorf("asking: %v", err)
	}
	if !alice.alive() || !bob.alive() {
		t.Error("a session ended")
	}
	if _, err := w.store.Account(t.Context(), alice.account); err != nil {
		t.Error(err)
	}
}

// TestErase: nothing of the account is left at the server, its sessions end, and its
// name isn't given to somebody else.
func TestErase(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	laptop := alice.another()
	alice.room(wire.KindDirect, bob)
	alice.erase()
	if alice.alive() || laptop.alive() {
		t.Error("a session goes on")
	}
	if err := alice.tryOpen(); err == nil {
		t.Error("a session can be opened")
	}
	_, err := w.DeviceLists(t.Context(), bob.name, &wire.DeviceListsRequest{Account: alice.account})
	refused(t, "its lists", err, wire.CodeUnknownAccount)
	again := w.newDevice("alice")
	_, err = w.SignUp(t.Context(), "addr", &wire.SignUpRequest{Login: again.login, List: again.first()})
	refused(t, "its name", err, wire.CodeNameTaken)
	w.pass(181 * 24 * time.Hour)
	w.person("alice")
}

// TestEraseDirect: in a direct room nothing can be said any more.
func TestEraseDirect(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	bob.open()
	alice.erase()
	refused(t, "bob writes", bob.send(room, "hello?"), wire.CodeNotAccepting)
	req, _ := bob.committing(room, mls.CommitOptions{})
	_, err := w.Commit(t.Context(), bob.name, req)
	refused(t, "bob commits", err, wire.CodeNotAccepting)
	_, err = w.GroupInfo(t.Context(), bob.name, &wire.GroupInfoRequest{Room: room})
	refused(t, "bob asks for the group", err, wire.CodeNotAccepting)
}

// TestEraseGroup: a group goes on, and the leaf that stays gets nothing; a member can
// remove it.
func TestEraseGroup(t *testing.T) {
	w := newWorld(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	room := alice.room(wire.KindGroup, bob, carol)
	alice.erase()
	if err := bob.send(room, "on we go"); err != nil {
		t.Errorf("bob writes: %v", err)
	}
	bob.commit(room, mls.CommitOptions{}, carol)
	now, err := w.store.Room(t.Context(), room)
	if err != nil || now.Has(alice.account) || !now.Has(bob.account) || len(now.Leaves) != 3 {
		t.Errorf("after a commit the room is %+v, %v; want without alice", now, err)
	}
	dave := w.person("dave")
	add, _ := bob.committing(room, mls.CommitOptions{Add: [][]byte{dave.keyPackage(false)}, Remove: []public.LeafIndex{bob.leaf(alice)}})
	if _, err := w.Commit(t.Context(), bob.name, add); err != nil {
		t.Errorf("bob removes the leaf: %v", err)
	}
	now, err = w.store.Room(t.Context(), room)
	if err != nil || now.Has(alice.account) || len(now.Leaves) != 3 || len(now.Accounts) != 3 {
		t.Errorf("then it is %+v, %v; want bob, carol, dave", now, err)
	}
}

// TestAttackErasedName: who takes the name of somebody who was erased, once that can
// be done, has nothing of theirs: neither mail nor rooms, and is a stranger to whoever
// accepted them.
func TestAttackErasedName(t *testing.T) {
	w := ruled(t)
	alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
	bob.relate(wire.RelationAccepted, alice)
	alice.relate(wire.RelationAccepted, bob)
	direct := alice.room(wire.KindDirect, bob)
	group := alice.opened(bob, carol).Room
	carol.group = nil
	alice.erase()
	if err := bob.send(group, "to who is left"); err != nil {
		t.Fatal(err)
	}
	w.pass(erasedDays - 24*time.Hour)
	bob.open()
	again := w.newDevice("alice")
	_, err := w.SignUp(t.Context(), "addr", &wire.SignUpRequest{Login: again.login, List: again.first()})
	refused(t, "the name, too early", err, wire.CodeNameTaken)
	w.pass(48 * time.Hour)
	bob.open()
	again = w.person("alice")
	if err := bob.send(group, "after"); err != nil {
		t.Errorf("bob, to the group: %v", err)
	}
	if got := again.kinds(); len(got) != 0 {
		t.Errorf("the new alice's mailbox has %q", got)
	}
	for _, room := range []identity.Room{direct, group} {
		_, err := w.GroupInfo(t.Context(), again.name, &wire.GroupInfoRequest{Room: room})
		if err == nil {
			t.Errorf("the new alice is given the group of %s", room)
		}
	}
	newRoom := again.room(wire.KindDirect, bob)
	if err := again.send(newRoom, "hello"); err != nil {
		t.Fatal(err)
	}
	refused(t, "a second message of the new alice", again.send(newRoom, "you know me"), wire.CodeRequestPending)
	bob.relate(wire.RelationNone, again)
	bob.relate(wire.RelationAccepted, again)
	if err := again.send(newRoom, "thank you"); err != nil {
		t.Errorf("accepted: %v", err)
	}
}

// erasedDays is how long a name is kept.
const erasedDays = 180 * 24 * time.Hour

// TestEraseOften: to erase what is being used ends well, whoever is first.
func TestEraseOften(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindGroup, bob)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 50 {
			if err := bob.send(room, "x"); err != nil {
				t.Error(err)
			}
		}
	}()
	alice.erase()
	<-done
	head := len(bob.inbox())
	if err := bob.send(room, "last"); err != nil || len(bob.inbox()) != head+1 {
		t.Errorf("afterwards: %v", err)
	}
}

// TestEraseNodes: at the other nodes its sessions end too, those that wait as well, and
// the room's other people are delivered to.
func TestEraseNodes(t *testing.T) {
	st := newSite(t, 2)
	alice, bob := st.nodes[0].person("alice"), st.nodes[0].person("bob")
	room := alice.room(wire.KindGroup, bob)
	session, err := st.nodes[1].Authenticate(alice.token())
	if err != nil {
		t.Fatal(err)
	}
	sub := st.nodes[1].Subscribe(session)
	defer sub.Close()
	there := bob.at(st.nodes[1])
	if err := there.send(room, "before"); err != nil {
		t.Fatal(err)
	}
	alice.erase()
	select {
	case <-session.Ended():
	case <-time.After(time.Minute):
		t.Fatal("the session at the other node goes on")
	}
	if err := there.send(room, "after"); err != nil {
		t.Errorf("bob, at the other node: %v", err)
	}
	if r, err := st.nodes[1].Relations(t.Context(), bob.name, &wire.RelationsRequest{}); err != nil || len(r.Relations) != 0 {
		t.Errorf("bob's relations: %+v, %v", r, err)
	}
}

// TestPasskeyErase: one answer of a passkey does for asking and for erasing, and for
// nothing else; one that was given for something else doesn't.
func TestPasskeyErase(t *testing.T) {
	w := newWorld(t, withPasskeys)
	a := newAuthenticator()
	alice := w.passkeyPerson("alice", a)
	alice.open()
	erase := func(answer []byte, ask bool) error {
		_, err := w.Erase(t.Context(), "a", alice.session, &wire.EraseRequest{Account: alice.account, Passkey: answer, Ask: ask})
		return err
	}
	other := alice.get(a)
	if _, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(other)); err != nil {
		t.Fatal(err)
	}
	refused(t, "an answer of an enrollment", erase(other, false), wire.CodeBadPasskey)
	refused(t, "no proof", erase(nil, false), wire.CodeWrongLogin)
	answer := alice.get(a)
	if err := erase(answer, true); err != nil {
		t.Fatal(err)
	}
	_, err := w.Enroll(t.Context(), "a", alice.another0().enrollmentBy(answer))
	refused(t, "an enrollment by the same answer", err, wire.CodeBadPasskey)
	if err := erase(answer, false); err != nil {
		t.Fatal(err)
	}
	if alice.alive() {
		t.Error("the session goes on")
	}
}
