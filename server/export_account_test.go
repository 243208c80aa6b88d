package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"parley/identity"
	"parley/server"
	"parley/wire"
	"parley/wire/admin"
)

// export reads all of d's export and returns its lines by kind.
func (d *device) export() (lines map[string][]map[string]any, raw []byte) {
	d.w.t.Helper()
	for after := ""; ; {
		part, err := d.w.Export(d.w.t.Context(), d.name, &wire.ExportRequest{After: after})
		if err != nil {
			d.w.t.Fatal(err)
		}
		if _, err := wire.Marshal(part); err != nil {
			d.w.t.Fatalf("%q can't go on the wire: %v", part.Next, err)
		}
		raw = append(raw, part.Lines...)
		if after = part.Next; after == "" {
			break
		}
	}
	lines = map[string][]map[string]any{}
	for line := range bytes.Lines(raw) {
		var v map[string]any
		if err := json.Unmarshal(line, &v); err != nil {
			d.w.t.Fatalf("%v: %s", err, line)
		}
		kind, _ := v["kind"].(string)
		lines[kind] = append(lines[kind], v)
	}
	return lines, raw
}

// recordKinds are the constants of this package that are kinds of records.
func recordKinds(t *testing.T) (kinds []string) {
	t.Helper()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Record") {
				return true
			}
			if v, ok := spec.Values[0].(*ast.BasicLit); ok && v.Kind == token.STRING {
				kind, _ := strconv.Unquote(v.Value)
				kinds = append(kinds, kind)
			}
			return true
		})
	}
	if len(kinds) < 9 {
		t.Fatalf("the kinds of records are %q", kinds)
	}
	return kinds
}

// TestExport: it has all that the store keeps by the account's name, of each kind that
// there is, page by page; of others, and of what was said, nothing.
func TestExport(t *testing.T) {
	w := newWorld(t)
	alice, bob := w.person("alice"), w.person("bob")
	room := alice.room(wire.KindDirect, bob)
	for i := range 5 {
		if err := bob.send(room, "a sealed word "+strconv.Itoa(i)); err != nil {
			t.Fatal(err)
		}
	}
	var others []identity.Account
	for i := range 450 {
		a, err := identity.NewAccount(domain, fmt.Sprintf("other%d", i))
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, a)
	}
	for len(others) > 0 {
		n := min(len(others), wire.MaxRelate)
		if _, err := w.Relate(t.Context(), alice.name, &wire.RelateRequest{Accounts: others[:n], Relation: wire.RelationAccepted}); err != nil {
			t.Fatal(err)
		}
		others = others[n:]
	}
	for _, kind := range recordKinds(t) {
		key := "key\xff\x00of " + kind
		if server.OfDevice(kind) {
			key = string(alice.name)
		}
		err := w.store.UpdateRecords(t.Context(), server.RecordUpdate{
			Account: alice.account, Kind: kind, Max: 1 << 20, Put: []server.KeyValue{{Key: key, Value: []byte("value")}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// What isn't as its kind has it would be refused elsewhere.
	for _, kind := range []string{server.RecordSanction, server.RecordNotice} {
		u := server.RecordUpdate{Account: alice.account, Kind: kind, Delete: []string{"key\xff\x00of " + kind}}
		if err := w.store.UpdateRecords(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Sanction(t.Context(), alice.account, &admin.SanctionRequest{Decision: "d", Kind: admin.SanctionLimit}); err != nil {
		t.Fatal(err)
	}
	lines, raw := alice.export()
	of := map[string]int{}
	for _, r := range lines["record"] {
		of[r["of"].(string)]++
	}
	for _, kind := range recordKinds(t) {
		if of[kind] == 0 {
			t.Errorf("no record of kind %s", kind)
		}
	}
	if of[server.RecordRelation] != 451 || len(lines["account"]) != 1 || len(lines["device_list"]) != 1 || len(lines["event"]) != 6 {
		t.Errorf("relations %d, accounts %d, lists %d, events %d; want 451, 1, 1, 6",
			of[server.RecordRelation], len(lines["account"]), len(lines["device_list"]), len(lines["event"]))
	}
	if bytes.Contains(raw, []byte("sealed word")) {
		t.Error("what was said is there")
	}
	if lines, _ := bob.export(); len(lines["record"]) > 2 || len(lines["event"]) == 0 {
		t.Errorf("bob's export has %d records", len(lines["record"]))
	}
	for _, after := range []string{"x", "99 ", "-1 ", "1 x", "2 nothing ", "2 relation xyz"} {
		if _, err := w.Export(t.Context(), alice.name, &wire.ExportRequest{After: after}); err == nil {
			t.Errorf("from %q: no error", after)
		}
	}
}
