package desk_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"parley/desk"
	"parley/desk/audit"
	"parley/desk/deskapi"
	"parley/desk/desktest"
	"parley/report"
	"parley/wire/admin"
)

// A lawful request needs two persons; the first gets nothing, however often asked.
func TestLegal(t *testing.T) {
	s := desktest.New(t)
	ctx := t.Context()
	p := deskapi.NewLegal{Account: string(s.Bob.Account), Order: "AZ 7"}
	for range 2 {
		l, err := s.Desk.Legal(ctx, s.Sara, p)
		if err != nil || l.File != nil || l.By != s.Sara.ID {
			t.Fatalf("one person: %+v, %v", l, err)
		}
	}
	other := p
	other.Order = "AZ 8"
	if l, err := s.Desk.Legal(ctx, s.Sam, other); err != nil || l.File != nil {
		t.Errorf("another order isn't a second person's yes: %+v, %v", l, err)
	}
	l, err := s.Desk.Legal(ctx, s.Sam, p)
	if err != nil || l.File == nil || l.SecondName != "Sam" {
		t.Fatalf("two persons: %+v, %v", l, err)
	}
	if s.Count(audit.LegalAsked) != 2 || s.Count(audit.LegalAnswered) != 1 {
		t.Errorf("%d asked, %d answered in the log", s.Count(audit.LegalAsked), s.Count(audit.LegalAnswered))
	}
	data, err := base64.StdEncoding.DecodeString(l.File.Base64)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if keys := slices.Sorted(maps.Keys(got)); !slices.Equal(keys, []string{"account", "at_ms", "order"}) {
		t.Errorf("the file has %q", keys)
	}
	if l, err := s.Desk.Legal(ctx, s.Lena, p); err != nil || l.File != nil {
		t.Errorf("asked anew: %+v, %v; want a new request", l, err)
	}
	for _, bad := range []deskapi.NewLegal{{Account: "bob", Order: "1"}, {Account: "mimi://other.example/u/bob", Order: "1"}, {Account: p.Account}, {Account: p.Account, Order: "a\nb"}} {
		_, err := s.Desk.Legal(ctx, s.Sara, bad)
		wantCode(t, bad.Account+" "+bad.Order, err, deskapi.Invalid)
	}
}

// jsonFields are the names that a type has in JSON, of what it holds too.
func jsonFields(t reflect.Type, into map[string]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		into[name] = true
		jsonFields(f.Type, into)
	}
}

// There is no content command: what the server gives for a lawful request has these
// fields and no others, and no route of the server's or the desk's gives what people
// write, but for what was reported to the desk.
func TestNoContentCommand(t *testing.T) {
	fields := map[string]bool{}
	jsonFields(reflect.TypeFor[admin.LegalAccount](), fields)
	want := []string{"account", "added_ms", "created_ms", "device", "devices", "last_seen_ms"}
	if got := slices.Sorted(maps.Keys(fields)); !slices.Equal(got, want) {
		t.Errorf("a lawful request is answered with %q, want %q", got, want)
	}
	for _, r := range admin.Routes {
		for _, word := range []string{"message", "content", "room", "mailbox", "conversation", "contact", "text"} {
			if strings.Contains(strings.ToLower(r.Pattern+r.Name), word) {
				t.Errorf("the admin API has %s %s", r.Method, r.Pattern)
			}
		}
	}
	var asks []string
	for m := range reflect.TypeFor[desk.Server]().Methods() {
		asks = append(asks, m.Name)
	}
	slices.Sort(asks)
	known := []string{ // Blob gives sealed bytes, whose key is in a reported message alone
		"Account", "Acknowledge", "Blob", "CheckFrank", "FrankingKeys", "Legal", "Lift", "Notify", "PutDeskKey", "Reports", "Restore", "Sanction", "TakeDown",
	}
	if !slices.Equal(asks, known) {
		t.Errorf("the desk asks the server for %q, want %q", asks, known)
	}
	for _, r := range deskapi.Routes {
		if strings.HasPrefix(r.Path, "/legal") && r.Name != "Legal" && r.Name != "LegalRequests" {
			t.Errorf("the desk's API has %s %s", r.Method, r.Path)
		}
	}
}

// What is exported verifies by public keys alone, and names its media by their
// hashes.
func TestExport(t *testing.T) {
	s := desktest.New(t)
	id := s.Case(report.ChildSafety, s.Attach(s.Bob, "image/png", pngOf(t, 2, 2)), s.Say(s.Bob, "x"))
	file := func(f deskapi.ExportFormat) []byte {
		t.Helper()
		out, err := s.Desk.Export(t.Context(), s.Sara, deskapi.NewExport{ID: id, Format: f})
		if err != nil {
			t.Fatal(err)
		}
		data, err := base64.StdEncoding.DecodeString(out.Base64)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	c, err := report.DecodeCase(file(deskapi.ExportReport))
	if err != nil || c.Export.Actor != s.Sara.ID || c.Export.Case != id || len(c.Media) != 1 || len(c.Media[0].SHA256) != 32 {
		t.Fatalf("case: %+v, %v", c, err)
	}
	if v := report.Verify(&c.Report, s.World.Keys()); v.Grade != report.Signed {
		t.Errorf("the file's verdict: %s, %s", v.Grade, v.Why)
	}
	tip := string(file(deskapi.ExportCyberTip))
	if !strings.Contains(tip, "SHA-256") || !strings.Contains(tip, "not viewed") || !strings.Contains(tip, ">mimi://parley.example/u/bob<") || strings.Contains(tip, "/u/alice") {
		t.Errorf("tip: %s", tip)
	}
	if _, err := s.Desk.Reveal(t.Context(), s.Rita, deskapi.RevealMedia{ID: id}); err != nil {
		t.Fatal(err)
	}
	if tip := string(file(deskapi.ExportCyberTip)); !strings.Contains(tip, ", viewed by the company") {
		t.Errorf("after a look: %s", tip)
	}
	_, err = s.Desk.Export(t.Context(), s.Sara, deskapi.NewExport{ID: id, Format: deskapi.ExportCyberTip, Incident: "other"})
	wantCode(t, "no such incident", err, deskapi.Invalid)
	_, err = s.Desk.Export(t.Context(), s.Sara, deskapi.NewExport{ID: id, Format: deskapi.ExportStatement})
	wantCode(t, "a statement before there is one", err, deskapi.NotFound)
	if n := s.Count(audit.CaseExported); n != 3 {
		t.Errorf("%d lines of exports, want 3", n)
	}
}
