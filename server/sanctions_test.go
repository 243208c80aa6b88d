package server_test

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"parley/identity"
	"parley/mls"
	"parley/server"
	"parley/server/hints"
	"parley/server/memstore"
	"parley/wire"
	"parley/wire/admin"
)

// sanction puts a sanction on d's account.
func (d *device) sanction(kind admin.SanctionKind, decision string) {
	d.w.t.Helper()
	if _, err := d.w.Sanction(d.w.t.Context(), d.account, &admin.SanctionRequest{Decision: decision, Kind: kind}); err != nil {
		d.w.t.Fatal(err)
	}
}

// operations are the constants of wire that are operations.
func operations(t *testing.T) (all []wire.Operation) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../wire/wire.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Op") {
			return true
		}
		if v, ok := spec.Values[0].(*ast.BasicLit); ok && v.Kind == token.STRING {
			text, err := strconv.Unquote(v.Value)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, wire.Operation(text))
		}
		return true
	})
	if len(all) < 30 {
		t.Fatalf("%d operations found", len(all))
	}
	return append(all, "upload", "download")
}

// TestSuspendedTriesAll: of all operations that there are a suspended account may do
// those that this list names, by hand; a limited one all but three.
func TestSuspendedTriesAll(t *testing.T) {
	suspended := []wire.Operation{
		"read", "acknowledge", "group_info", "device_lists", "device_activity", "enrollments", "leave", "relate", "relations", "commit",
		"put_device_list", "publish_key_packages", "key_package_count", "add_passkey", "passkeys", "remove_passkey",
		"subscribe_push", "unsubscribe_push", "report", "notices", "account_export", "account_erase", "download",
		"passkey_options",
	}
	limited := []wire.Operation{"claim_key_packages", "upload"} // refused; open_room is by what it opens
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	alice.sanction(admin.SanctionSuspend, "d.alice")
	bob.sanction(admin.SanctionLimit, "d.bob")
	for _, op := range operations(t) {
		if !op.NeedsSession() && op != wire.OpPasskeyOptions {
			continue
		}
		err := w.Admit(alice.session, op, 10)
		if slices.Contains(suspended, op) {
			if err != nil {
				t.Errorf("suspended, %s: %v", op, err)
			}
		} else if e := refused(t, "suspended, "+string(op), err, wire.CodeSuspended); e.Decision != "d.alice" {
			t.Errorf("%s: the decision is %q", op, e.Decision)
		}
		err = w.Admit(bob.session, op, 10)
		if !slices.Contains(limited, op) {
			if err != nil {
				t.Errorf("limited, %s: %v", op, err)
			}
		} else if e := refused(t, "limited, "+string(op), err, wire.CodeLimited); e.Decision != "d.bob" {
			t.Errorf("%s: the decision is %q", op, e.Decision)
		}
	}
}

// TestSuspendedCommits: who is suspended or limited adds nobody, but its own devices,
// and can go.
func TestSuspendedCommits(t *testing.T) {
	for kind, code := range map[admin.SanctionKind]wire.Code{admin.SanctionSuspend: wire.CodeSuspended, admin.SanctionLimit: wire.CodeLimited} {
		w := newWorld(t)
		alice, bob, carol := w.person("alice"), w.person("bob"), w.person("carol")
		room := alice.room(wire.KindGroup, bob)
		alice.sanction(kind, "d")
		req, _ := alice.committing(room, mls.CommitOptions{Add: [][]byte{carol.keyPackage(false)}})
		_, err := w.Commit(t.Context(), alice.name, req)
		refused(t, string(kind)+" adds", err, code)
		_, err = w.OpenRoom(t.Context(), alice.name, alice.opening(wire.KindGroup, carol))
		refused(t, string(kind)+" opens", err, code)

		alice.group = nil
		fresh := newWorld(t)
		alice, bob = fresh.person("alice"), fresh.person("bob")
		room = alice.room(wire.KindGroup, bob)
		alice.sanction(kind, "d")
		laptop := alice.another()
		alice.commit(room, mls.CommitOptions{}, bob)
		alice.commit(room, mls.CommitOptions{Add: [][]byte{laptop.keyPackage(false)}}, bob)
		bob.commit(room, mls.CommitOptions{Remove: nil}, alice)
	}
}

// TestSanctionNodes: what one node is told holds at the others, at once by a hint, and
// after a while without one.
func TestSanctionNodes(t *testing.T) { synctest.Test(t, sanctionNodes) }

func sanctionNodes(t *testing.T) {
	st := newSite(t, 2)
	alice := st.nodes[0].person("alice")
	token := alice.token()
	there := func() error {
		session, err := st.nodes[1].Authenticate(token)
		if err != nil {
			return err
		}
		return st.nodes[1].Admit(session, wire.OpSend, 10)
	}
	if err := there(); err != nil {
		t.Fatal(err)
	}
	alice.sanction(admin.SanctionSuspend, "d.1")
	synctest.Wait() // all hints have come
	refused(t, "at the other node", there(), wire.CodeSuspended)

	st.hints.Fault(func(int, int, server.Hint) hints.Fate { return hints.Fate{Lost: true} })
	if err := st.nodes[0].Lift(t.Context(), alice.account, "d.1"); err != nil {
		t.Fatal(err)
	}
	if err := st.nodes[0].Admit(alice.session, wire.OpSend, 10); err != nil {
		t.Errorf("lifted, at the same node: %v", err)
	}
	refused(t, "at the other node, which wasn't told", there(), wire.CodeSuspended)
	for _, w := range st.nodes {
		w.pass(59 * time.Minute) // a token lasts an hour, and so does Poll here
	}
	session, err := st.nodes[1].Authenticate(alice.token())
	if err != nil {
		t.Fatal(err)
	}
	if err := st.nodes[1].Admit(session, wire.OpSend, 10); err != nil {
		t.Errorf("by a session that is looked up: %v", err)
	}
}

// A lookStore counts how often it is asked for an account's records.
type lookStore struct {
	server.Store
	looks atomic.Int64
}

func (s *lookStore) AccountRecord(ctx context.Context, a identity.Account, kind, key string) ([]byte, error) {
	s.looks.Add(1)
	return s.Store.AccountRecord(ctx, a, kind, key)
}

func (s *lookStore) AccountRecords(ctx context.Context, a identity.Account, kind, after string, n int) ([]server.KeyValue, error) {
	s.looks.Add(1)
	return s.Store.AccountRecords(ctx, a, kind, after, n)
}

// TestSanctionsCostNoLook: what holds of an account is remembered: of many messages none
// asks the store, whether there is a sanction or not.
func TestSanctionsCostNoLook(t *testing.T) {
	for _, limited := range []bool{false, true} {
		store := &lookStore{Store: memstore.New()}
		w := newWorld(t, func(c *server.Config) { c.Store = store })
		alice, bob := w.person("alice"), w.person("bob")
		room := alice.room(wire.KindDirect, bob)
		if limited {
			alice.sanction(admin.SanctionLimit, "d")
		}
		token := alice.token()
		one := func() {
			t.Helper()
			session, err := w.Authenticate(token)
			if err == nil {
				err = w.Admit(session, wire.OpSend, 100)
			}
			if err == nil {
				err = alice.send(room, "x")
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		one()
		before := store.looks.Load()
		for range 100 {
			one()
		}
		if n := store.looks.Load() - before; n != 0 {
			t.Errorf("limited %t: 100 messages asked the store %d times; want 0", limited, n)
		}
	}
}

// BenchmarkHotPathLimited is BenchmarkHotPath for an account that the operator
// limited: the store isn't asked for that either.
func BenchmarkHotPathLimited(b *testing.B) {
	h := newHotPath(b, func(*server.Config) {})
	session, err := h.Authenticate(h.token)
	if err != nil {
		b.Fatal(err)
	}
	req := &admin.SanctionRequest{Decision: "d", Kind: admin.SanctionLimit}
	if _, err := h.Sanction(b.Context(), session.Device.Account(), req); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		h.one(b)
	}
}
