package adminapi_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"parley/identity"
	"parley/server"
	"parley/server/clientapi/apitest"
	"parley/server/memstore"
	"parley/wire"
	"parley/wire/admin"
)

// everyReport reads the queue, a page of limit at a time.
func (w *world) everyReport(limit int) (all []admin.Report) {
	w.t.Helper()
	for after := ""; ; {
		page := ok[admin.Reports](w, call{method: "GET", path: fmt.Sprintf("/reports?limit=%d&after=%s", limit, after)})
		all = append(all, page.Reports...)
		if after = page.Next; after == "" {
			return all
		}
		if len(all) > 1000 {
			w.t.Fatal("the queue doesn't end")
		}
	}
}

// TestAllReports: the whole queue is read once each, in order and byte for byte,
// whatever the page; and, once the store's dump is loaded into another one, by the
// other's API too, with all that holds of the accounts.
func TestAllReports(t *testing.T) {
	store := memstore.New()
	w := newWorldOf(t, apitest.Options{Store: store})
	w.deskKey()
	var want [][]byte
	for i := range 9 {
		p := w.Person(fmt.Sprintf("person%d", i))
		for j := range 12 {
			id, size := byte(i*12+j+1), 1+(i*12+j)*(i*12+j)*37%(70<<10)
			if err := w.report(p, id, []wire.ReportKind{wire.ReportReport, wire.ReportAppeal}[j%2], size); err != nil {
				t.Fatal(err)
			}
			want = append(want, bytes.Repeat([]byte{id}, size))
		}
	}
	first := w.everyReport(1)
	if len(first) != len(want) {
		t.Fatalf("%d reports; want %d", len(first), len(want))
	}
	for i, r := range first {
		if !bytes.Equal(r.Sealed, want[i]) {
			t.Fatalf("report %d has other bytes", i)
		}
	}
	if all := w.everyReport(7); !reflect.DeepEqual(all, first) {
		t.Error("pages of seven give something else than pages of one")
	}
	p := first[0].Account
	account := "/accounts/" + pathOf(p)
	ok[admin.Sanction](w, call{method: "POST", path: account + "/sanctions", body: admin.SanctionRequest{Decision: "d", Kind: admin.SanctionLimit}})
	ok[any](w, call{method: "PUT", path: account + "/facts", body: admin.Facts{AgeBand: admin.Age16To17, Region: "FR"}})
	ok[any](w, call{method: "DELETE", path: "/reports/" + first[3].ID})

	other := newWorldOf(t, apitest.Options{Store: moved(t, store)})
	left := append(first[:3:3], first[4:]...)
	if all := other.everyReport(50); !reflect.DeepEqual(all, left) {
		t.Errorf("after the move there are %d reports; want the %d that wait", len(all), len(left))
	}
	if got, had := ok[admin.Account](other, call{method: "GET", path: account}), ok[admin.Account](w, call{method: "GET", path: account}); !reflect.DeepEqual(got, had) {
		t.Errorf("after the move the account is %+v; want %+v", got, had)
	}
	if key, err := other.Server.DeskKey(t.Context()); err != nil || string(key) != "statement" {
		t.Errorf("the desk's key is %q, %v", key, err)
	}
	sealed := &wire.ReportRequest{ID: bytes.Repeat([]byte{4}, wire.IDSize), Kind: wire.ReportAppeal, Sealed: []byte("x")}
	if _, err := other.Server.Report(t.Context(), deviceOf(t, other, first[3]), sealed); err != nil {
		t.Fatal(err)
	}
	if all := other.everyReport(50); len(all) != len(left) {
		t.Errorf("one that the desk has came again after the move: %d; want %d", len(all), len(left))
	}
}

// TestNoOtherWayToReports: what waits for the desk is given by one route, to one
// scope, and nobody else's token reads a byte of it.
func TestNoOtherWayToReports(t *testing.T) {
	w := newWorld(t)
	w.deskKey()
	alice := w.Person("alice")
	secret := []byte("sealed-words-of-alice")
	if _, err := w.Server.Report(t.Context(), alice.Device, &wire.ReportRequest{ID: make([]byte, 16), Kind: wire.ReportReport, Sealed: secret}); err != nil {
		t.Fatal(err)
	}
	for _, r := range admin.Routes {
		if r.Method != http.MethodGet || r.Name == "listReports" {
			continue
		}
		c := concrete(r, string(alice.Account))
		c.token = w.all
		a := w.do(c)
		if bytes.Contains(a.body, secret) || bytes.Contains(a.body, []byte("c2VhbGVkLXdvcmRz")) {
			t.Errorf("%s answers a sealed report", r.Name)
		}
	}
	if !strings.Contains(string(w.do(call{method: "GET", path: "/reports", token: w.all}).body), "c2VhbGVkLXdvcmRz") {
		t.Error("the search wouldn't find it")
	}
}

// moved loads all that a store keeps into a new one.
func moved(t *testing.T, from *memstore.Store) *memstore.Store {
	t.Helper()
	var records []*server.Record
	if err := from.Dump(t.Context(), func(r *server.Record) error { records = append(records, r); return nil }); err != nil {
		t.Fatal(err)
	}
	to, i := memstore.New(), 0
	err := to.Load(t.Context(), func() (*server.Record, error) {
		if i == len(records) {
			return nil, io.EOF
		}
		i++
		return records[i-1], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return to
}

func pathOf(a identity.Account) string { return url.PathEscape(string(a)) }

// deviceOf returns a device of who sent a report.
func deviceOf(t *testing.T, w *world, r admin.Report) identity.Device {
	t.Helper()
	legal, err := w.Server.LegalAccount(t.Context(), r.Account)
	if err != nil || len(legal.Devices) == 0 {
		t.Fatal(err)
	}
	return legal.Devices[0].Device
}
