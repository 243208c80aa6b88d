package client_test

import (
	"errors"
	"testing"

	"parley/client"
	"parley/client/memstore"
	"parley/wire"
)

func TestWrongPassphraseAtLoginLeavesNothing(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice := w.signUp("alice")
	store := memstore.New()
	wrongLogin, wrongSeal := keys("wrong")
	_, err := client.Enroll(ctx, w.config(store), wrongSeal, alice.Account(), wrongLogin)
	if !errors.Is(err, &wire.Error{Code: wire.CodeWrongLogin}) {
		t.Fatalf("Enroll: %v; want wrong_login", err)
	}
	q := &person{w: w, store: store, login: alice.login, seal: alice.seal}
	if q.Client, err = client.Enroll(ctx, w.config(store), q.seal, alice.Account(), q.login); err != nil {
		t.Fatalf("with the right passphrase: %v", err)
	}
	if err := alice.Approve(ctx, q.Code()); err != nil {
		t.Fatal(err)
	}
	if err := q.AwaitApproval(ctx); err != nil {
		t.Fatal(err)
	}
	w.clock.advance(delay) // publishes and looks at all key packages again
	q.sync()
}

func TestTakenNameLeavesNothing(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	w.signUp("alice")
	store := memstore.New()
	login, seal := keys("other")
	if _, err := client.SignUp(ctx, w.config(store), seal, account("alice"), login); !errors.Is(err, &wire.Error{Code: wire.CodeNameTaken}) {
		t.Fatalf("SignUp: %v; want name_taken", err)
	}
	login, seal = keys("alice2")
	if _, err := client.SignUp(ctx, w.config(store), seal, account("alice2"), login); err != nil {
		t.Errorf("SignUp by another name: %v", err)
	}
}

// A device that waits for approval goes on waiting, with its code, whatever else
// is tried in its home.
func TestRefusedSignUpKeepsTheWaitingDevice(t *testing.T) {
	w, ctx := newWorld(t), t.Context()
	alice := w.signUp("alice")
	store := memstore.New()
	waiting, err := client.Enroll(ctx, w.config(store), alice.seal, account("alice"), alice.login)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.SignUp(ctx, w.config(store), alice.seal, account("alice"), alice.login); !errors.Is(err, &wire.Error{Code: wire.CodeNameTaken}) {
		t.Fatalf("SignUp: %v; want name_taken", err)
	}
	again, err := client.Enroll(ctx, w.config(store), alice.seal, account("alice"), alice.login)
	if err != nil || again.Code() != waiting.Code() {
		t.Errorf("Enroll again: %v, another code than before", err)
	}
}
