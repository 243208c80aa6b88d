package clientapi_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"parley/franking"
	"parley/server/clientapi"
	"parley/wire"
)

// TestFrankingKeys: an outsider gets the keys as JSON, and can check that each
// succeeds the one before.
func TestFrankingKeys(t *testing.T) {
	s := newSite(t, clientapi.Options{})
	if _, err := s.srv.FrankingKeys().Rotate(t.Context(), time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(s.http.URL + wire.FrankingKeysPath)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var keys wire.FrankingKeys
	if err := json.NewDecoder(resp.Body).Decode(&keys); err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/json" {
		t.Fatalf("%s, %v", resp.Status, err)
	}
	var statements []franking.KeyStatement
	for _, raw := range keys.Statements {
		s, err := franking.ParseKeyStatement(raw)
		if err != nil || s.Check(keys.Domain) != nil {
			t.Fatalf("a statement: %v", err)
		}
		statements = append(statements, *s)
	}
	if keys.Domain != domain || len(statements) != 2 || len(keys.Keys) != 2 {
		t.Fatalf("%d statements of %s", len(statements), keys.Domain)
	}
	chain, err := franking.Chain(domain, statements[0].Key, statements)
	if err != nil || len(chain) != 2 || chain[1].Key.String() != keys.Keys[1].Key {
		t.Errorf("the chain has %d keys, %v; want 2", len(chain), err)
	}
	post, err := http.Post(s.http.URL+wire.FrankingKeysPath, "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer post.Body.Close()
	if post.StatusCode != http.StatusBadRequest || post.Header.Get("Allow") == "" {
		t.Errorf("POST: %s; want 400", post.Status)
	}
}
